//! Virtual time of this thread, as budgets and breakers read it.

use std::cell::Cell;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// The time of this thread.
pub fn now() -> Instant {
    at(PASSED.get())
}

/// The instant so long after the start.
pub fn at(passed: Duration) -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now) + passed
}

/// It is so long after the start.
pub fn set(passed: Duration) {
    PASSED.set(passed);
}
