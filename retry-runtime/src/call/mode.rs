//! What a call has to look after, in one byte.

/// What is special about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mode(u8);

impl Mode {
    /// It has not ended.
    pub(super) const RUNNING: Mode = Mode(1);
    /// Something asks when attempts start and end: a limit, a report, an observer.
    pub(super) const TIMED: Mode = Mode(2);
    /// Its report is wanted by its caller.
    pub(super) const WATCHED: Mode = Mode(4);
    /// One of its attempts has failed, or it was interrupted.
    pub(super) const FAILED: Mode = Mode(8);
    /// It has ended with a report.
    pub(super) const REPORTED: Mode = Mode(16);
    /// It is resumed, and goes on elsewhere: its end is neither here nor now.
    pub(super) const GOES_ON: Mode = Mode(128);
    /// Somebody listens to its events.
    pub(super) const OBSERVED: Mode = Mode(32);
    /// `recover` gets its failure.
    pub(super) const RECOVERS: Mode = Mode(64);

    /// Any of those for which also a success at once leaves more than its count.
    pub(super) const TOLD: Mode = Mode(Mode::FAILED.0 | Mode::WATCHED.0 | Mode::OBSERVED.0);

    #[inline(always)]
    pub(super) const fn has(self, other: Mode) -> bool {
        self.0 & other.0 != 0
    }

    #[inline(always)]
    pub(super) const fn add(&mut self, other: Mode) {
        self.0 |= other.0;
    }

    #[inline(always)]
    pub(super) const fn remove(&mut self, other: Mode) {
        self.0 &= !other.0;
    }
}
