//! Time that passes at once, for calls that block: a sleep takes none of the real time.

use std::cell::Cell;
use std::sync::Once;
use std::time::{Duration, Instant, SystemTime};

use retry_runtime::timer::{self, Clock, Sleep, Timer};

/// From now on, sleeps of calls that block only move the clock of their thread.
///
/// # Panics
///
/// When the process has another timer of its own.
pub fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| timer::install(&NoWait).expect("the only timer of this program"));
}

/// The date and time of this thread.
pub fn date() -> SystemTime {
    NoWait.wall()
}

thread_local! {
    static STARTED: (Instant, SystemTime) = (Instant::now(), SystemTime::now());
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

struct NoWait;

impl Clock for NoWait {
    fn now(&self) -> Instant {
        STARTED.with(|(started, _)| *started) + PASSED.get()
    }

    fn wall(&self) -> SystemTime {
        STARTED.with(|(_, started)| *started) + PASSED.get()
    }
}

impl Timer for NoWait {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(async move { PASSED.set(PASSED.get() + duration) })
    }

    fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
        if !cancelled() {
            PASSED.set(PASSED.get() + duration);
        }
    }
}
