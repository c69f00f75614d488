//! The last calls of a function, in the memory of those before them.

use std::mem;
use std::time::SystemTime;

use crate::report::record::PastCall;
use crate::report::record::Report;

/// A ring of calls, whose oldest one makes room for the newest.
#[derive(Debug, Default)]
pub(super) struct Ring {
    calls: Vec<Kept>,
    /// Where the oldest one stands.
    oldest: usize,
    /// Their size in memory, roughly.
    bytes: usize,
}

#[derive(Debug)]
struct Kept {
    past: PastCall,
    bytes: usize,
}

impl Ring {
    /// Keeps a call, and with it at most so many calls and bytes. What is left in `report` is of no use but
    /// for its memory; it and what is returned is to be dropped by the caller.
    #[inline]
    pub(super) fn keep(
        &mut self,
        ended: SystemTime,
        report: &mut Report,
        (calls, bytes): (usize, usize),
    ) -> Vec<PastCall> {
        let size = report.bytes();
        self.bytes += size;
        if self.calls.len() == calls && calls > 0 {
            // In place, so that nothing is moved but what is kept.
            let kept = &mut self.calls[self.oldest];
            self.bytes -= mem::replace(&mut kept.bytes, size);
            kept.past.ended = ended;
            mem::swap(&mut kept.past.report, report);
            self.oldest += 1;
            if self.oldest == calls {
                self.oldest = 0;
            }
        } else {
            self.add(ended, report, size);
        }
        self.fit((calls, bytes))
    }

    /// Takes out what is more than so many calls and bytes, the oldest first.
    pub(super) fn fit(&mut self, (calls, bytes): (usize, usize)) -> Vec<PastCall> {
        let fits = self.calls.len() <= calls && self.bytes <= bytes;
        if fits { Vec::new() } else { self.shrink(calls, bytes) }
    }

    #[cold]
    fn add(&mut self, ended: SystemTime, report: &mut Report, bytes: usize) {
        self.straighten();
        let report = mem::replace(report, Report::empty(report.name));
        self.calls.push(Kept { past: PastCall { ended, report }, bytes });
    }

    #[cold]
    fn shrink(&mut self, calls: usize, bytes: usize) -> Vec<PastCall> {
        self.straighten();
        let (mut gone, mut left) = (0, self.bytes);
        while self.calls.len() - gone > calls || left > bytes {
            let Some(oldest) = self.calls.get(gone) else { break };
            left -= oldest.bytes;
            gone += 1;
        }
        self.bytes = left;
        self.calls.drain(..gone).map(|kept| kept.past).collect()
    }

    fn straighten(&mut self) {
        self.calls.rotate_left(self.oldest);
        self.oldest = 0;
    }

    /// The calls, the oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &PastCall> {
        let (newer, older) = self.calls.split_at(self.oldest);
        older.iter().chain(newer).map(|kept| &kept.past)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::report::record::AttemptRecord;

    /// A call that ended so many seconds after the epoch, with an error of so many bytes.
    fn report(bytes: usize) -> Report {
        let mut report = Report::empty("ring");
        report.attempts.push(AttemptRecord {
            number: 1,
            started: Duration::ZERO,
            duration: None,
            error: Some(Arc::from("x".repeat(bytes))),
            kind: None,
            delay: None,
        });
        report
    }

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    #[track_caller]
    fn check(ring: &Ring, seconds: &[u64]) {
        let ends: Vec<_> = ring.all().map(|past| past.ended).collect();
        assert_eq!(ends, seconds.iter().map(|second| at(*second)).collect::<Vec<_>>());
        assert_eq!(ring.bytes, ring.all().map(|past| past.report.bytes()).sum::<usize>());
    }

    const MANY: usize = 1 << 20;

    #[test]
    fn the_oldest_call_makes_room_and_lends_its_memory() {
        let mut ring = Ring::default();
        for second in 1..=5 {
            let mut report = report(second as usize);
            assert!(ring.keep(at(second), &mut report, (3, MANY)).is_empty());
            let forgotten = report.attempts.first().and_then(|attempt| attempt.error.clone());
            assert_eq!(
                forgotten.map(|error| error.len() as u64),
                second.checked_sub(3).filter(|old| *old > 0)
            );
        }
        check(&ring, &[3, 4, 5]);
    }

    #[test]
    fn limits_that_change_hold_from_the_next_call_on() {
        let mut ring = Ring::default();
        let mut keep = |second, limits| ring.keep(at(second), &mut report(10), limits).len();
        assert_eq!((1..=4).map(|second| keep(second, (3, MANY))).sum::<usize>(), 0);
        assert_eq!(keep(5, (5, MANY)), 0);
        assert_eq!(keep(6, (2, MANY)), 3);
        check(&ring, &[5, 6]);
        assert_eq!(ring.keep(at(7), &mut report(10), (0, MANY)).len(), 3);
        check(&ring, &[]);
    }

    #[test]
    fn what_takes_too_much_memory_drives_out_the_oldest_and_itself_at_last() {
        let mut ring = Ring::default();
        let one = report(100).bytes();
        let limits = (10, 2 * one);
        for second in 1..=3 {
            drop(ring.keep(at(second), &mut report(100), limits));
        }
        check(&ring, &[2, 3]);
        assert_eq!(ring.keep(at(4), &mut report(2 * one), limits).len(), 3);
        check(&ring, &[]);
        assert!(ring.fit(limits).is_empty());
    }
}
