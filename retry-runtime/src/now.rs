//! What a handle is told about the time: the moment itself, or a clock to ask if it matters.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// A moment, or a clock that names one when asked.
///
/// Breakers and budgets never read a clock on their own account: the caller passes the time. On their
/// hot paths most do not need it at all, so that a clock (`Instant::now`, without the parentheses) can
/// be passed in place of a moment and is then asked only if the answer depends on it.
///
/// ```
/// use retry_runtime::Now;
/// use std::time::Instant;
///
/// fn log(now: impl Now) -> Instant {
///     now.now()
/// }
///
/// let moment = Instant::now();
/// assert_eq!(log(moment), moment);
/// assert!(log(Instant::now) >= moment);
/// ```
pub trait Now {
    /// The moment.
    fn now(self) -> Instant;
}

impl Now for Instant {
    #[inline]
    fn now(self) -> Instant {
        self
    }
}

impl<F: FnOnce() -> Instant> Now for F {
    #[inline]
    fn now(self) -> Instant {
        self()
    }
}

/// The first moment that a handle was told; the pure code counts from here.
#[derive(Debug)]
pub(crate) struct Epoch(OnceLock<Instant>);

impl Epoch {
    pub(crate) const fn new() -> Self {
        Epoch(OnceLock::new())
    }

    /// The time since the epoch; a moment before it counts as the epoch itself.
    #[inline]
    pub(crate) fn tick(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start(now))
    }

    /// The moment of a time since the epoch; `None` when no `Instant` can say it.
    pub(crate) fn moment(&self, now: Instant, tick: Duration) -> Option<Instant> {
        self.start(now).checked_add(tick)
    }

    #[inline]
    fn start(&self, now: Instant) -> Instant {
        *self.0.get_or_init(|| now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_the_first_moment_told_and_time_never_runs_before_it() {
        let (epoch, start) = (Epoch::new(), Instant::now());
        assert_eq!(epoch.tick(start), Duration::ZERO);
        assert_eq!(epoch.tick(start + Duration::from_secs(3)), Duration::from_secs(3));
        assert_eq!(epoch.tick(start - Duration::from_millis(1)), Duration::ZERO);
    }
}
