//! The history of a function: its last calls.

use std::collections::VecDeque;

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

/// Calls that are forgotten. As a rule there is one, whose memory the next call takes.
#[derive(Debug, Default)]
#[must_use = "a long history takes a while to be freed: not under a lock"]
pub(crate) struct Forgotten {
    oldest: Option<Past>,
    others: Vec<Past>,
}

impl Forgotten {
    fn push(&mut self, past: Past) {
        match self.oldest {
            None => self.oldest = Some(past),
            Some(_) => self.others.push(past),
        }
    }

    /// The draft of the oldest call; frees the other calls.
    pub(crate) fn memory(self) -> Option<Draft> {
        Some(self.oldest?.draft)
    }
}

impl Ring {
    /// Keeps a call; returns the calls that are forgotten, so that more than `limits` (calls, bytes) are never kept.
    pub(crate) fn keep(
        &mut self,
        ended: SystemTime,
        draft: Draft,
        limits: (usize, usize),
    ) -> Forgotten {
        let past = Past { ended, draft };
        let mut forgotten = Forgotten::default();
        // Makes room first: a full ring does not grow.
        if self.calls.len() == limits.0 {
            forgotten.oldest = self.pop();
        }
        self.bytes += past.bytes();
        self.calls.push_back(past);
        self.fit_into(limits, &mut forgotten);
        forgotten
    }

    /// Takes out the oldest calls beyond these limits (calls, bytes).
    pub(crate) fn fit(&mut self, limits: (usize, usize)) -> Forgotten {
        let mut forgotten = Forgotten::default();
        self.fit_into(limits, &mut forgotten);
        forgotten
    }

    fn fit_into(&mut self, (calls, bytes): (usize, usize), forgotten: &mut Forgotten) {
        while self.calls.len() > calls || self.bytes > bytes {
            let Some(oldest) = self.pop() else { break };
            forgotten.push(oldest);
        }
    }

    fn pop(&mut self) -> Option<Past> {
        let oldest = self.calls.pop_front()?;
        self.bytes -= oldest.bytes();
        Some(oldest)
    }

    /// The calls, the oldest first.
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

    fn count(forgotten: Forgotten) -> usize {
        forgotten.oldest.into_iter().chain(forgotten.others).count()
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
    fn the_oldest_call_makes_room_for_the_newest() {
        let mut ring = Ring::default();
        for second in 1..=5 {
            drop(ring.keep(at(second), draft(second as usize), (3, MANY)));
        }
        check(&ring, &[3, 4, 5]);
    }

    #[test]
    fn limits_that_change_hold_from_the_next_call_on() {
        let mut ring = Ring::default();
        let mut keep = |second, limits| count(ring.keep(at(second), draft(10), limits));
        assert_eq!((1..=4).map(|second| keep(second, (3, MANY))).sum::<usize>(), 1);
        assert_eq!(keep(5, (5, MANY)), 0);
        assert_eq!(keep(6, (2, MANY)), 3);
        check(&ring, &[5, 6]);
        assert_eq!(count(ring.keep(at(7), draft(10), (0, MANY))), 3);
        check(&ring, &[]);
    }

    #[test]
    fn a_call_that_is_too_large_drives_out_the_oldest_calls_and_then_itself() {
        let mut ring = Ring::default();
        let one = draft(100).bytes() + size_of::<Past>();
        let limits = (10, 2 * one);
        for second in 1..=3 {
            drop(ring.keep(at(second), draft(100), limits));
        }
        check(&ring, &[2, 3]);
        assert_eq!(count(ring.keep(at(4), draft(2 * one), limits)), 3);
        check(&ring, &[]);
        assert!(count(ring.fit(limits)) == 0);
    }
}
