//! The only place that reads the time.

use std::sync::OnceLock;
use std::time::Instant;

/// A source of the current time; a [`Timer`](crate::timer::Timer) is one.
pub trait Clock: Send + Sync {
    /// The current time, which never goes backwards.
    ///
    /// The default follows tokio's clock where the `tokio` feature is on, so that a paused clock moves
    /// everything, and the system's monotonic clock otherwise.
    fn now(&self) -> Instant {
        system_now()
    }
}

static INSTALLED: OnceLock<&'static dyn Clock> = OnceLock::new();

/// Makes `clock` the process's source of time; `false` when one was installed before.
pub(crate) fn install(clock: &'static dyn Clock) -> bool {
    INSTALLED.set(clock).is_ok()
}

/// The current time of the installed clock, else of tokio's, else of the system's.
pub(crate) fn now() -> Instant {
    match INSTALLED.get() {
        Some(clock) => clock.now(),
        None => system_now(),
    }
}

#[cfg(feature = "tokio")]
fn system_now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(not(feature = "tokio"))]
fn system_now() -> Instant {
    Instant::now()
}
