//! Sleeps without tokio's timer: by a thread, or in a browser, where tokio's clock panics, by `setTimeout`.

use std::time::Duration;

use crate::base::sleep::Sleeping;
use crate::base::time::Instant;

/// No runtime can be recognised.
pub(crate) fn in_tokio() -> bool {
    false
}

/// A sleep until an instant.
pub(super) fn sleep_until(end: Instant) -> Sleeping {
    sleep(end.saturating_duration_since(Instant::now()))
}

/// A sleep by the thread of the process.
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
pub(super) fn sleep(duration: Duration) -> Sleeping {
    Sleeping::new(super::thread::Delay::new(duration))
}

/// A sleep by `setTimeout`, which counts whole milliseconds, in 31 bits: a longer time would end at once.
#[cfg(all(target_family = "wasm", target_os = "unknown"))]
pub(super) fn sleep(duration: Duration) -> Sleeping {
    use futures_timer::Delay;

    const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);
    let end = Instant::now() + duration;
    Sleeping::foreign(Box::pin(async move {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let up = left.saturating_add(Duration::from_nanos(999_999));
            Delay::new(up.min(LONGEST)).await;
        }
    }))
}
