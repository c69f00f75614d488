//! The time of day, in milliseconds since 1970.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on both clocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) millis: u64,
    instant: Instant,
}

impl Now {
    pub(crate) fn read() -> Self {
        Now { millis: millis(SystemTime::now()), instant: Instant::now() }
    }

    /// The time of day of an instant.
    pub(crate) fn at(self, instant: Instant) -> u64 {
        let later = whole(instant.saturating_duration_since(self.instant));
        let earlier = whole(self.instant.saturating_duration_since(instant));
        self.millis.saturating_add(later).saturating_sub(earlier)
    }
}

pub(crate) fn millis(time: SystemTime) -> u64 {
    whole(time.duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// The length in whole milliseconds.
pub(crate) fn whole(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
