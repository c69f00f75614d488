//! Flags of a call that is not plain, in a word.

/// A set of flags.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mode(u16);

impl Mode {
    /// The call has not ended.
    pub(super) const RUNNING: Mode = Mode(1);
    /// The start and end of attempts are timed, for a limit, a report or a listener.
    pub(super) const TIMED: Mode = Mode(2);
    /// The caller wants a report.
    pub(super) const WATCHED: Mode = Mode(4);
    /// An attempt has failed, or the call was interrupted.
    pub(super) const FAILED: Mode = Mode(8);
    /// The call has ended with a report.
    pub(super) const REPORTED: Mode = Mode(16);
    /// The call is resumed, and continues elsewhere or later.
    pub(super) const CONTINUED: Mode = Mode(128);
    /// A listener wants the events of the call.
    pub(super) const OBSERVED: Mode = Mode(32);
    /// `recover` receives the final failure.
    pub(super) const RECOVERS: Mode = Mode(64);

    /// The deadline comes from the call around this one.
    pub(super) const INHERITED: Mode = Mode(256);
    /// The inherited deadline had passed before the first attempt.
    pub(super) const LATE: Mode = Mode(512);

    /// The observer of the context in which the call started wants a report.
    pub(super) const OBSERVED_HERE: Mode = Mode(1024);

    /// The durations of attempts are counted.
    pub(super) const MEASURED: Mode = Mode(2048);

    /// The flags of a light call that its trail takes over.
    pub(super) const CARRIED: Mode = Mode(Mode::READERS.0 | Mode::MEASURED.0);

    /// All who read the report of a failed call.
    pub(super) const READERS: Mode =
        Mode(Mode::WATCHED.0 | Mode::RECOVERS.0 | Mode::OBSERVED_HERE.0);

    /// The flags with which even a first-try success is reported, and not only counted.
    pub(super) const REPORTS_SUCCESS: Mode =
        Mode(Mode::FAILED.0 | Mode::WATCHED.0 | Mode::OBSERVED.0);

    #[inline(always)]
    pub(super) const fn has(self, other: Mode) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn with(self, other: Mode) -> Mode {
        Mode(self.0 | other.0)
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
