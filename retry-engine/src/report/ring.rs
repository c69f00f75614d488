//! The history of a function: its last calls.

use std::collections::VecDeque;
use std::time::SystemTime;

use super::record::{PastCall, Report};

/// The last calls, the oldest first, each with its size in bytes.
#[derive(Debug, Default)]
pub(crate) struct Ring {
    calls: VecDeque<(PastCall, usize)>,
    /// The size of all calls together, roughly.
    bytes: usize,
}

impl Ring {
    /// Keeps a call; returns the calls that are forgotten, so that more than `limits` (calls, bytes) are never kept.
    pub(crate) fn keep(
        &mut self,
        ended: SystemTime,
        report: Report,
        limits: (usize, usize),
    ) -> Vec<PastCall> {
        let bytes = report.bytes();
        self.bytes += bytes;
        self.calls.push_back((PastCall { ended, report }, bytes));
        self.fit(limits)
    }

    /// Takes out the oldest calls beyond these limits (calls, bytes).
    pub(crate) fn fit(&mut self, (calls, bytes): (usize, usize)) -> Vec<PastCall> {
        let mut forgotten = Vec::new();
        while self.calls.len() > calls || self.bytes > bytes {
            let Some((oldest, size)) = self.calls.pop_front() else { break };
            self.bytes -= size;
            forgotten.push(oldest);
        }
        forgotten
    }

    /// The calls, the oldest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &PastCall> {
        self.calls.iter().map(|(past, _)| past)
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
    fn the_oldest_call_makes_room_for_the_newest() {
        let mut ring = Ring::default();
        for second in 1..=5 {
            ring.keep(at(second), report(second as usize), (3, MANY));
        }
        check(&ring, &[3, 4, 5]);
    }

    #[test]
    fn limits_that_change_hold_from_the_next_call_on() {
        let mut ring = Ring::default();
        let mut keep = |second, limits| ring.keep(at(second), report(10), limits).len();
        assert_eq!((1..=4).map(|second| keep(second, (3, MANY))).sum::<usize>(), 1);
        assert_eq!(keep(5, (5, MANY)), 0);
        assert_eq!(keep(6, (2, MANY)), 3);
        check(&ring, &[5, 6]);
        assert_eq!(ring.keep(at(7), report(10), (0, MANY)).len(), 3);
        check(&ring, &[]);
    }

    #[test]
    fn a_call_that_is_too_large_drives_out_the_oldest_calls_and_then_itself() {
        let mut ring = Ring::default();
        let one = report(100).bytes();
        let limits = (10, 2 * one);
        for second in 1..=3 {
            drop(ring.keep(at(second), report(100), limits));
        }
        check(&ring, &[2, 3]);
        assert_eq!(ring.keep(at(4), report(2 * one), limits).len(), 3);
        check(&ring, &[]);
        assert!(ring.fit(limits).is_empty());
    }
}
