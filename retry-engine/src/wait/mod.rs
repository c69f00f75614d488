//! Sleeping: the timer between two attempts and at the limits of calls.

pub mod timer;
#[cfg(feature = "tokio")]
mod tokio_sleep;
