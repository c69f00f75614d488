//! Stands in for sleeps by tokio's timer: without the feature `tokio`, where no runtime can be recognised, and in a
//! browser, where tokio's clock panics.

use std::time::Duration;

use crate::base::sleep::Sleeping;
use crate::base::time::Instant;

pub(crate) fn in_tokio() -> bool {
    false
}

pub(super) fn sleep(_: Duration) -> Option<Sleeping> {
    None
}

pub(super) fn sleep_until(_: Instant) -> Option<Sleeping> {
    None
}
