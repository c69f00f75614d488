//! Virtual time, as budgets and breakers read it.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub(crate) fn now() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now) + PASSED.get()
}

/// It is so long after the start.
pub(crate) fn set(passed: Duration) {
    PASSED.set(passed);
}
