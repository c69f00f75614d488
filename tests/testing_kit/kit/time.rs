//! The virtual time of a scope, in sync and `async` code.

use std::cell::Cell;
use std::sync::Mutex;
use std::task::Poll;
use std::time::{Duration, Instant};

use retry_runtime::{Interruption, Policy, StopReason, retryable};
use retry_testing as testing;

use crate::faults::PayError;

#[retryable(max = 9, base = "10s", backoff = fixed, jitter = none, name = "time::block", budget = none)]
fn block() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 3, jitter = none, deadline = "7s", name = "time::exact")]
fn exact() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 3, jitter = none, deadline = "6999ms", name = "time::short")]
fn short() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 1, jitter = none, on = any, name = "time::slow")]
async fn slow(base: &'static str, log: &Mutex<Vec<&'static str>>) -> Result<u32, String> {
    log.lock().unwrap().push(base);
    Err("busy".to_owned())
}

#[retryable(max = 0, timeout = "5s", idempotent, name = "time::limited")]
async fn limited<F: Future<Output = u32>>(body: impl Fn() -> F) -> Result<u32, PayError> {
    Ok(body().await)
}

#[retryable(max = 2, base = "30s", jitter = none, name = "time::inner")]
async fn inner() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 0, timeout = "40s", idempotent, name = "time::outer")]
async fn outer() -> Result<u32, PayError> {
    inner().await
}

#[retryable(
    max = 1,
    base = "1h",
    cap = "1h",
    jitter = none,
    timeout = "20ms",
    idempotent,
    name = "time::busy"
)]
async fn busy_at_last(has_failed: &Cell<bool>) -> Result<u32, PayError> {
    if !has_failed.replace(true) {
        return Err(PayError::Busy);
    }
    // Real work, of which the scope knows nothing.
    tokio::time::sleep(Duration::from_secs(60)).await;
    Ok(7)
}

#[test]
fn a_minute_and_a_half_of_sync_sleeps_takes_no_real_time() {
    let (t, started) = (testing::scope(), Instant::now());
    assert!(block().is_err());
    assert!(started.elapsed() < Duration::from_secs(60));
    assert_eq!(t.elapsed(), Duration::from_secs(90));
    t.assert("time::block").attempts(10).slept("90s");
}

#[test]
fn a_pause_may_end_exactly_at_the_deadline_but_not_after_it() {
    let t = testing::scope();
    assert!(exact().is_err() && short().is_err());
    t.assert("time::exact").attempts(4).slept("7s").stopped(StopReason::Exhausted);
    t.assert("time::short").attempts(3).slept("3s").stopped(StopReason::Deadline);
}

#[tokio::test]
async fn concurrent_sleeps_end_in_the_right_order() {
    let (t, order) = (testing::scope(), Mutex::new(Vec::new()));
    let call = |seconds: u64| {
        let order = &order;
        async move {
            let policy = Policy::new()
                .max(1)
                .base(Duration::from_secs(seconds))
                .cap(Duration::from_secs(99));
            let policy = policy.jitter(retry_runtime::Jitter::None);
            let result: std::io::Result<()> = policy
                .call_async(|attempt| async move {
                    order.lock().unwrap().push((attempt.number(), seconds));
                    Err(std::io::ErrorKind::ConnectionRefused.into())
                })
                .await;
            result.is_err()
        }
    };
    let all = futures::future::join_all([50, 20, 40, 10, 30].map(call)).await;
    assert_eq!(all, [true; 5]);
    let second: Vec<u64> =
        order.lock().unwrap().iter().filter(|(n, _)| *n == 2).map(|(_, s)| *s).collect();
    assert_eq!(second, [10, 20, 30, 40, 50]);
    assert_eq!(t.elapsed(), Duration::from_secs(50));
}

#[tokio::test]
async fn work_that_takes_real_time_does_not_time_out_when_the_clock_jumps() {
    let t = testing::scope();
    let work = || async {
        let reckon = || (0..300_000_u32).fold(0_u32, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
        let sum = tokio::task::spawn_blocking(reckon).await.expect("no panic");
        if sum == 0 { 8 } else { 7 }
    };
    assert_eq!(limited(work).await, Ok(7));
    assert_eq!(t.elapsed(), Duration::ZERO, "real work takes no virtual time");
}

#[tokio::test]
async fn an_inner_call_inherits_the_deadline_of_the_outer_one() {
    let t = testing::scope();
    assert_eq!(outer().await, Err(PayError::Busy));
    t.assert("time::inner").attempts(2).stopped(StopReason::Deadline);
    assert_eq!(t.elapsed(), Duration::from_secs(30), "the second pause would end after the limit");
}

#[tokio::test]
async fn a_hanging_inner_call_is_interrupted_at_the_deadline_of_the_outer_one() {
    let t = testing::scope();
    t.fail("time::inner").hang();
    let cut = Interruption::TimedOut { after: Duration::from_secs(40) };
    assert_eq!(outer().await, Err(PayError::Interrupted(cut)));
    assert_eq!(t.elapsed(), Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn under_tokios_paused_clock_all_sleeps_share_one_time() {
    let t = testing::scope();
    let work = || async {
        tokio::time::sleep(Duration::from_secs(4)).await;
        7
    };
    assert_eq!(limited(work).await, Ok(7));
    assert_eq!(t.elapsed(), Duration::from_secs(4));
    let cut = Interruption::TimedOut { after: Duration::from_secs(5) };
    let work = || async {
        tokio::time::sleep(Duration::from_secs(6)).await;
        7
    };
    assert_eq!(limited(work).await, Err(PayError::Interrupted(cut)));
    assert_eq!(t.elapsed(), Duration::from_secs(9));
    assert!(inner().await.is_err());
    t.assert("time::inner").slept("60s");
    assert_eq!(t.elapsed(), Duration::from_secs(69));
}

#[tokio::test]
async fn time_waits_for_a_busy_task_before_it_advances() {
    let (t, log) = (testing::scope(), Mutex::new(Vec::new()));
    let busy = t.wrap(async {
        let mut polls = 0;
        std::future::poll_fn(|cx| {
            polls += 1;
            cx.waker().wake_by_ref();
            if polls < 500 { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
        log.lock().unwrap().push("done");
    });
    let (result, ()) = tokio::join!(slow("attempt", &log), busy);
    assert!(result.is_err());
    assert_eq!(*log.lock().unwrap(), ["attempt", "done", "attempt"]);
}

#[tokio::test]
async fn real_work_is_cut_off_at_its_timeout_however_far_ahead_the_clock_is() {
    let (t, started) = (testing::scope(), Instant::now());
    let cut = Interruption::TimedOut { after: Duration::from_millis(20) };
    assert_eq!(busy_at_last(&Cell::new(false)).await, Err(PayError::Interrupted(cut)));
    assert!(started.elapsed() < Duration::from_secs(60));
    assert!(t.elapsed() >= Duration::from_secs(3600));
}

#[test]
fn outside_of_a_scope_time_is_real() {
    let (before, real) = (Instant::now(), retry_runtime::timer::Clock::now(&Real));
    assert!(real.duration_since(before) < Duration::from_secs(60));
}

struct Real;
impl retry_runtime::timer::Clock for Real {}
