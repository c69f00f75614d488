//! Sleeping: the timer between two attempts and at the limits of calls.

pub(crate) mod may_block;
#[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
mod thread;
pub mod timer;
#[cfg(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))))]
pub(crate) mod tokio_sleep;
#[cfg(not(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown")))))]
#[path = "no_tokio.rs"]
pub(crate) mod tokio_sleep;
