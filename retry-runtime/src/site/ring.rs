//! The last calls of a function, in the memory of those before them.

use std::mem;
use std::time::SystemTime;

use crate::Report;
use crate::history::PastCall;

/// A ring of calls, whose oldest one makes room for the newest.
#[derive(Debug, Default)]
pub(super) struct Ring {
    calls: Vec<Kept>,
    /// Where the oldest one stands.
    oldest: usize,
    /// What all of them take in memory, roughly.
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
