//! Locks that ignore poisoning, and the atomics and locks of the handles: std's, or loom's in a model.
//!
//! `cargo xtask loom` runs the models. The flag is `retry_loom` because tokio reacts to the usual `loom` as well.

use std::sync::{LockResult, Mutex as StdMutex, MutexGuard as StdMutexGuard, PoisonError};

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

/// Locks a mutex of std, even if a thread panicked while it held the lock.
pub fn lock<T: ?Sized>(mutex: &StdMutex<T>) -> StdMutexGuard<'_, T> {
    unpoisoned(mutex.lock())
}

/// The guard, even if the lock is poisoned: a panic in one call must not make all later calls panic.
pub(crate) fn unpoisoned<G>(result: LockResult<G>) -> G {
    result.unwrap_or_else(PoisonError::into_inner)
}

/// Declares a function that is `const`, except in a loom model, whose atomics have no `const` constructor.
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
