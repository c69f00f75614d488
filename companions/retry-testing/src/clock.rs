//! Tokio's paused clock.

use std::time::Instant;

/// The time of tokio's clock, if the clock is paused here. Tokio does not tell; but of two readings between which the
/// system's clock has moved, only a paused clock gives the same.
#[cfg(feature = "tokio")]
pub(crate) fn paused() -> Option<Instant> {
    let before = tokio::time::Instant::now();
    let start = Instant::now();
    while Instant::now() == start {
        std::hint::spin_loop();
    }
    (tokio::time::Instant::now() == before).then(|| before.into_std())
}

/// Without tokio no clock can be paused.
#[cfg(not(feature = "tokio"))]
pub(crate) fn paused() -> Option<Instant> {
    None
}
