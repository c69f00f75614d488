//! The atomics and locks that the handles use: std's, or loom's in a model.
//!
//! `cargo xtask loom` runs the models. The flag is not the usual `loom`, which tokio would answer to as well.

#[cfg(not(all(test, retry_loom)))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

#[cfg(all(test, retry_loom))]
pub(crate) use loom::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering},
};

/// Declares one function twice: `const` as a rule, plain in a loom model, whose atomics have no const
/// constructor.
macro_rules! const_unless_loom {
    ($(#[$meta:meta])* $vis:vis fn $($rest:tt)*) => {
        $(#[$meta])*
        #[cfg(not(all(test, retry_loom)))]
        $vis const fn $($rest)*

        $(#[$meta])*
        #[cfg(all(test, retry_loom))]
        $vis fn $($rest)*
    };
}

pub(crate) use const_unless_loom;
