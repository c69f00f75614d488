//! Tokio's paused clock.

use std::time::Instant;

/// The time of tokio's clock, if it is paused on this thread. Tokio has no function for that, so two readings are compared
/// between which the system's clock has advanced: only a paused clock returns the same time.
#[cfg(feature = "tokio")]
pub(crate) fn paused() -> Option<Instant> {
    let before = tokio::time::Instant::now();
    let start = Instant::now();
    while Instant::now() == start {
        std::hint::spin_loop();
    }
    (tokio::time::Instant::now() == before).then(|| before.into_std())
}

/// Without tokio there is no clock that could be paused.
#[cfg(not(feature = "tokio"))]
pub(crate) fn paused() -> Option<Instant> {
    None
}
