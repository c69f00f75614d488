//! The history of a function: its last calls.

use std::collections::VecDeque;
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

/// The last calls, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    calls: VecDeque<Past>,
    /// The size of all calls together, roughly.
    bytes: usize,
}

/// Calls that are forgotten. A long history takes a while to be freed: not under a lock.
#[must_use]
#[derive(Debug, Default)]
pub(crate) struct Forgotten(Vec<Past>);

impl Ring {
    /// Keeps a call, so that never more than `limits` (calls, bytes) are kept. Where it takes the place of the oldest call,
    /// `draft` gets that call's draft, whose memory another call can use; otherwise it is empty afterwards.
    pub(crate) fn keep(
        &mut self,
        ended: SystemTime,
        draft: &mut Draft,
        limits: (usize, usize),
    ) -> Forgotten {
        let is_full = self.calls.len() == limits.0;
        match self.calls.front_mut() {
            Some(oldest) if is_full => {
                self.bytes -= oldest.bytes();
                oldest.ended = ended;
                mem::swap(&mut oldest.draft, draft);
                self.bytes += oldest.bytes();
                self.calls.rotate_left(1);
            }
            _ => {
                let past = Past { ended, draft: mem::replace(draft, Draft::new()) };
                self.bytes += past.bytes();
                self.calls.push_back(past);
            }
        }
        self.fit(limits)
    }

    /// Takes out the oldest calls beyond these limits (calls, bytes).
    pub(crate) fn fit(&mut self, (calls, bytes): (usize, usize)) -> Forgotten {
        let mut forgotten = Forgotten::default();
        while self.calls.len() > calls || self.bytes > bytes {
            let Some(oldest) = self.calls.pop_front() else { break };
            self.bytes -= oldest.bytes();
            forgotten.0.push(oldest);
        }
        forgotten
    }

    /// The calls, the oldest first.
    #[inline]
    pub(crate) fn all(&self) -> impl Iterator<Item = &Past> {
        self.calls.iter()
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
            assert_eq!(ring.keep(at(second), &mut draft, (3, MANY)).0.len(), 0);
            left.push(draft.last_text().map(str::len));
        }
        check(&ring, &[3, 4, 5]);
        assert_eq!(left, [None, None, None, Some(1), Some(2)]);
    }

    #[test]
    fn limits_that_change_hold_from_the_next_call_on() {
        let mut ring = Ring::default();
        let mut keep = |second, limits| ring.keep(at(second), &mut draft(10), limits).0.len();
        assert_eq!((1..=4).map(|second| keep(second, (3, MANY))).sum::<usize>(), 0);
        assert_eq!(keep(5, (5, MANY)), 0);
        assert_eq!(keep(6, (2, MANY)), 3);
        check(&ring, &[5, 6]);
        assert_eq!(ring.keep(at(7), &mut draft(10), (0, MANY)).0.len(), 3);
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
        assert_eq!(ring.keep(at(4), &mut draft(2 * one), limits).0.len(), 3);
        check(&ring, &[]);
        assert_eq!(ring.fit(limits).0.len(), 0);
    }
}
