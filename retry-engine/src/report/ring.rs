//! The history of a function: its last calls.

use std::mem;

use super::draft::Draft;
use super::record::PastCall;
use crate::base::time::SystemTime;

/// A call that has ended.
#[derive(Clone, Debug)]
pub(crate) struct Past {
    ended: SystemTime,
    draft: Draft,
}

impl Past {
    fn bytes(&self) -> usize {
        size_of::<Past>() + self.draft.bytes()
    }

    /// The call of the function with this name, to be read.
    #[inline]
    pub(crate) fn of(&self, name: &'static str) -> PastCall {
        PastCall::new(self.ended, self.draft.report(name))
    }
}

/// The last calls.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    calls: Vec<Past>,
    /// The place of the oldest call. Those from there to the end come before those at the start.
    oldest: usize,
    /// The size of all calls together, roughly.
    bytes: usize,
}

impl Ring {
    /// Keeps a call, so that never more than `limits` (calls, bytes) are kept. Where it takes the place of the oldest call,
    /// `draft` gets that call's draft, whose memory another call can use; otherwise it is empty afterwards. Returns the calls
    /// that are forgotten.
    #[must_use = "a long history takes a while to be freed: not under a lock"]
    pub(crate) fn keep(
        &mut self,
        ended: SystemTime,
        draft: &mut Draft,
        limits: (usize, usize),
    ) -> Vec<Past> {
        let is_full = self.calls.len() == limits.0;
        match self.calls.get_mut(self.oldest) {
            Some(oldest) if is_full => {
                self.bytes -= oldest.bytes();
                oldest.ended = ended;
                mem::swap(&mut oldest.draft, draft);
                self.bytes += oldest.bytes();
                self.oldest = if self.oldest + 1 == limits.0 { 0 } else { self.oldest + 1 };
            }
            _ => {
                let past = Past { ended, draft: mem::replace(draft, Draft::new()) };
                self.bytes += past.bytes();
                self.sort();
                self.calls.push(past);
            }
        }
        self.fit(limits)
    }

    /// Moves the oldest call to the start.
    fn sort(&mut self) {
        self.calls.rotate_left(self.oldest);
        self.oldest = 0;
    }

    /// Takes out the oldest calls beyond these limits (calls, bytes).
    #[must_use = "a long history takes a while to be freed: not under a lock"]
    #[inline]
    pub(crate) fn fit(&mut self, limits: (usize, usize)) -> Vec<Past> {
        let fits = self.calls.len() <= limits.0 && self.bytes <= limits.1;
        if fits { Vec::new() } else { self.forget(limits) }
    }

    #[cold]
    fn forget(&mut self, (calls, bytes): (usize, usize)) -> Vec<Past> {
        self.sort();
        let mut count = 0;
        while self.calls.len() - count > calls || self.bytes > bytes {
            let Some(oldest) = self.calls.get(count) else { break };
            self.bytes -= oldest.bytes();
            count += 1;
        }
        self.calls.drain(..count).collect()
    }

    /// The calls, the oldest first.
    #[inline]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Past> {
        let (newer, older) = self.calls.split_at(self.oldest);
        older.iter().chain(newer)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::failure::class::Kind;
    use crate::report::draft::Attempted;

    /// A call that ended so many seconds after the epoch, with an error of so many bytes.
    fn draft(bytes: usize) -> Draft {
        let (mut draft, text) = (Draft::new(), "x".repeat(bytes));
        let failure = Some((Kind::Transient, &*text));
        draft.push(Attempted { number: 1, started: 0, duration: None, failure });
        draft
    }

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[track_caller]
    fn check(ring: &Ring, seconds: &[u64]) {
        let ends: Vec<_> = ring.all().map(|past| past.ended).collect();
        assert_eq!(ends, seconds.iter().map(|second| at(*second)).collect::<Vec<_>>());
        assert_eq!(ring.bytes, ring.all().map(Past::bytes).sum::<usize>());
    }

    const MANY: usize = 1 << 20;

    #[test]
    fn the_oldest_call_makes_room_for_the_newest_and_leaves_its_memory() {
        let mut ring = Ring::default();
        let mut left = Vec::new();
        for second in 1..=5 {
            let mut draft = draft(second as usize);
            assert_eq!(ring.keep(at(second), &mut draft, (3, MANY)).len(), 0);
            left.push(draft.last_text().map(str::len));
        }
        check(&ring, &[3, 4, 5]);
        assert_eq!(left, [None, None, None, Some(1), Some(2)]);
    }

    #[test]
    fn limits_that_change_hold_from_the_next_call_on() {
        let mut ring = Ring::default();
        let mut keep = |second, limits| ring.keep(at(second), &mut draft(10), limits).len();
        assert_eq!((1..=4).map(|second| keep(second, (3, MANY))).sum::<usize>(), 0);
        assert_eq!(keep(5, (5, MANY)), 0);
        assert_eq!(keep(6, (2, MANY)), 3);
        check(&ring, &[5, 6]);
        assert_eq!(ring.keep(at(7), &mut draft(10), (0, MANY)).len(), 3);
        check(&ring, &[]);
    }

    #[test]
    fn a_call_that_is_too_large_drives_out_the_oldest_calls_and_then_itself() {
        let mut ring = Ring::default();
        let one = draft(100).bytes() + size_of::<Past>();
        let limits = (10, 2 * one);
        for second in 1..=3 {
            drop(ring.keep(at(second), &mut draft(100), limits));
        }
        check(&ring, &[2, 3]);
        assert_eq!(ring.keep(at(4), &mut draft(2 * one), limits).len(), 3);
        check(&ring, &[]);
        assert_eq!(ring.fit(limits).len(), 0);
    }
}
