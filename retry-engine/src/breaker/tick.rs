//! A moment of a breaker.

use std::time::Duration;

/// Nanoseconds since the breaker's start, 146 years at most: one word, with which a result of a call is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tick(u64);

impl Tick {
    /// A run of the window keeps two marks in the same word.
    const LATEST: u64 = u64::MAX >> 2;

    /// The moment this long after the start.
    pub(super) const fn at(time: Duration) -> Self {
        let nanos = time.as_nanos();
        Tick(if nanos < Self::LATEST as u128 { nanos as u64 } else { Self::LATEST })
    }

    /// The moment so many nanoseconds after the start.
    #[inline]
    pub(super) const fn at_nanos(nanos: u64) -> Self {
        Tick(if nanos < Self::LATEST { nanos } else { Self::LATEST })
    }

    pub(super) const fn nanos(self) -> u64 {
        self.0
    }

    /// The time since the start.
    // Out of line: its division would be made for every result, and few of them need it.
    #[inline(never)]
    pub(super) const fn time(self) -> Duration {
        Duration::from_nanos(self.0)
    }

    /// The last moment before this one.
    pub(super) const fn before(self) -> Self {
        Tick(self.0.saturating_sub(1))
    }

    /// Nanoseconds since an earlier moment.
    pub(super) const fn since(self, earlier: Tick) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
