//! Calls of one thread in one runtime after another: they share memory, and no time.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use retry_runtime::retryable;
use tokio::runtime::{Builder, Runtime};

fn failing_until(last: u32, attempts: &Cell<u32>) -> io::Result<()> {
    attempts.set(attempts.get() + 1);
    if attempts.get() < last { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
}

#[retryable(on = any, max = 3, base = "1h", cap = "1h", jitter = none, budget = none)]
async fn slow(attempts: &Cell<u32>) -> io::Result<()> {
    failing_until(2, attempts)
}

/// Yields after its sixteenth attempt.
#[retryable(on = any, max = 20, base = "0s", budget = none)]
async fn without_pauses(attempts: &Cell<u32>) -> io::Result<()> {
    failing_until(18, attempts)
}

fn runtime(is_paused: bool) -> Runtime {
    Builder::new_current_thread().enable_all().start_paused(is_paused).build().unwrap()
}

#[test]
fn a_call_without_pauses_does_not_wait_for_a_sleep_of_an_earlier_call() {
    runtime(true).block_on(slow(&Cell::new(0))).unwrap();
    runtime(true).block_on(async {
        let started = tokio::time::Instant::now();
        without_pauses(&Cell::new(0)).await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
    });
    let without_timers = Builder::new_current_thread().build().unwrap();
    without_timers.block_on(without_pauses(&Cell::new(0))).unwrap();
}

#[test]
fn a_pause_in_the_memory_of_an_earlier_one_lasts_its_own_length_in_its_own_runtime() {
    for _ in 0..3 {
        runtime(true).block_on(async {
            let started = tokio::time::Instant::now();
            slow(&Cell::new(0)).await.unwrap();
            assert_eq!(started.elapsed().as_secs(), 3600);
        });
    }
}
