use std::cell::Cell;
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{
    Interruption, Policy, Report, StopReason, inherited, observe, observe_blocking, retryable,
};

use super::{Failure, every, ms, ready, secs};
use crate::virtual_time::{advance, virtually};

/// Always fails, with 400 ms between attempts and no limit of its own.
async fn inner() -> (Result<(), Failure>, Report) {
    observe(every(ms(400), 100).call_async(|_| async { Err(Failure::Refused) })).await
}

fn inner_blocking() -> (Result<(), Failure>, Report) {
    observe_blocking(|| every(ms(400), 100).call(|_| Err(Failure::Refused)))
}

/// Runs `work` in the single attempt of an outer call, which provides the limit.
async fn within<T>(outer: Policy, work: impl AsyncFn() -> T) -> T {
    let done = outer.call_async_mut(async |_| Ok::<_, Failure>(work().await));
    done.await.unwrap_or_else(|failure| panic!("{failure}"))
}

#[tokio::test(start_paused = true)]
async fn an_inner_call_inherits_the_outer_deadline() {
    let (result, report) = within(every(ms(1), 1).deadline(secs(1)), inner).await;
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 3));
    assert_eq!(report.total, ms(800));
}

#[test]
fn a_sync_inner_call_inherits_the_outer_deadline() {
    let outer = every(ms(1), 1).deadline(secs(1));
    let call = || outer.call(|_| Ok::<_, Failure>(inner_blocking()));
    let (result, report) = virtually(call).unwrap();
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 3));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_is_inherited_across_awaits_and_through_join() {
    let outer = every(ms(1), 1).deadline(secs(2));
    let later = async || {
        tokio::time::sleep(secs(1)).await;
        tokio::join!(inner(), inner())
    };
    let (one, two) = within(outer, later).await;
    for (_, report) in [one, two] {
        assert_eq!((report.reason, report.total), (StopReason::Deadline, ms(800)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_spawned_task_inherits_nothing() {
    // A spawned task may outlive the call and run on any thread.
    let outer = every(ms(1), 1).deadline(secs(100));
    let spawned = Cell::new(None);
    let spawning = async || {
        let task = tokio::spawn(every(secs(30), 6).call_async(|attempt| async move {
            if attempt.is_last() { Ok(attempt.remaining()) } else { Err(Failure::Refused) }
        }));
        spawned.set(Some(task));
    };
    within(outer, spawning).await;
    assert_eq!(spawned.take().unwrap().await.unwrap(), Ok(None));
}

#[tokio::test(start_paused = true)]
async fn an_inner_call_inherits_the_timeout_of_the_attempt() {
    let outer = every(ms(1), 1).timeout(secs(1)).idempotent(true);
    let (_, report) = within(outer, inner).await;
    assert_eq!((report.reason, report.total), (StopReason::Deadline, ms(800)));
}

#[tokio::test(start_paused = true)]
async fn the_smallest_deadline_applies_at_any_depth() {
    let remaining = async |own: Option<Duration>| {
        let policy = every(ms(1), 1);
        let policy = own.map_or(policy, |own| policy.deadline(own));
        let call =
            policy.call_async(|attempt| async move { Ok::<_, Failure>(attempt.remaining()) });
        call.await.unwrap()
    };
    let (outer, middle) = (every(ms(1), 1).deadline(secs(10)), every(ms(1), 1));
    let deep = async |own| {
        within(outer, async || within(middle, async || remaining(own).await).await).await
    };
    assert_eq!(deep(Some(secs(3))).await, Some(secs(3)));
    assert_eq!(deep(Some(secs(30))).await, Some(secs(10)));
    assert_eq!(deep(None).await, Some(secs(10)));
    // No deadline is left after the call.
    assert_eq!(remaining(None).await, None);
}

#[test]
fn the_closure_of_an_async_call_is_part_of_its_attempt() {
    let outer = every(ms(1), 1).deadline(secs(1));
    let call = || {
        ready(outer.call_async(|_| {
            // The closure runs before there is a future, and still inherits.
            let (_, report) = inner_blocking();
            async move { Ok::<_, Failure>(report) }
        }))
    };
    let report = virtually(call).unwrap();
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 3));
}

#[test]
fn the_closure_of_an_async_call_counts_as_time_of_its_attempt() {
    let call = || {
        ready(observe(every(ms(1), 2).call_async(|_| {
            advance(secs(2));
            async { Err::<(), _>(Failure::Refused) }
        })))
    };
    let (_, report) = virtually(call);
    let durations: Vec<_> = report.attempts.iter().map(|attempt| attempt.duration).collect();
    assert_eq!(durations, [Some(secs(2)), Some(secs(2))], "{report:?}");
}

#[tokio::test(start_paused = true)]
async fn each_outer_attempt_restarts_the_inner_attempt_count() {
    let mut numbers = Vec::new();
    let policy = every(ms(1), 2);
    let twice = policy.call_async_mut(async |_| {
        let inner = policy.call_async_mut(async |attempt| {
            numbers.push(attempt.number());
            Err::<(), _>(Failure::Refused)
        });
        inner.await
    });
    assert_eq!(twice.await, Err(Failure::Refused));
    assert_eq!(numbers, [1, 2, 1, 2]);
}

#[retryable(max = 3, base = "10ms", on = any)]
async fn counted(runs: &Cell<u32>) -> Result<(), Failure> {
    runs.set(runs.get() + 1);
    Err(Failure::Refused)
}

#[retryable(max = 3, base = "10ms", on = any)]
fn counted_blocking(runs: &Cell<u32>) -> Result<(), Failure> {
    runs.set(runs.get() + 1);
    Err(Failure::Refused)
}

const PASSED: Result<(), Failure> = Err(Failure::Cut(Interruption::DeadlinePassed));

/// An attempt whose body blocks its thread for longer than the deadline, and then makes a call.
#[retryable(max = 0, deadline = "1s")]
fn outlasts<T>(then: impl Fn() -> T) -> Result<T, Failure> {
    advance(secs(2));
    Ok(then())
}

#[test]
fn no_first_attempt_begins_after_the_inherited_deadline() {
    let runs = Cell::new(0);
    let late = || outlasts(|| observe_blocking(|| counted_blocking(&runs)));
    let (result, report) = virtually(late).expect("the outer call succeeds");
    assert_eq!((result, runs.get()), (PASSED, 0));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 0));
    let late = || outlasts(|| ready(observe(counted(&runs))));
    let (result, report) = virtually(late).expect("the outer call succeeds");
    assert_eq!((result, runs.get()), (PASSED, 0));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Deadline, 0));
}

#[test]
fn a_call_with_a_breaker_or_a_limit_makes_no_attempt_after_the_inherited_deadline_either() {
    static UNUSED: Breaker = Breaker::new("unused", BreakerSettings::new());
    #[retryable(on = any, breaker = UNUSED)]
    async fn guarded(runs: &Cell<u32>) -> Result<(), Failure> {
        runs.set(runs.get() + 1);
        Ok(())
    }
    #[retryable(on = any, breaker = UNUSED, timeout = "9s", idempotent)]
    async fn limited(runs: &Cell<u32>) -> Result<(), Failure> {
        runs.set(runs.get() + 1);
        Ok(())
    }
    #[retryable(on = any, breaker = UNUSED)]
    fn blocking(runs: &Cell<u32>) -> Result<(), Failure> {
        runs.set(runs.get() + 1);
        Ok(())
    }
    let runs = Cell::new(0);
    let calls: [&dyn Fn() -> Result<(), Failure>; 3] =
        [&|| ready(guarded(&runs)), &|| ready(limited(&runs)), &|| blocking(&runs)];
    for call in calls {
        UNUSED.reset();
        UNUSED.probe();
        let result = virtually(|| outlasts(call)).expect("the outer call succeeds");
        let figures = UNUSED.figures();
        assert_eq!((result, runs.get()), (PASSED, 0));
        assert_eq!((figures.calls, figures.in_flight), (0, 0), "no probe is spent");
    }
}

#[test]
fn an_error_that_cannot_say_that_the_deadline_passed_has_its_attempt() {
    #[retryable(max = 3, base = "0s", on = any)]
    fn plain(runs: &Cell<u32>) -> Result<(), String> {
        runs.set(runs.get() + 1);
        Err("no".into())
    }
    #[retryable(max = 3, base = "0s", on = any)]
    async fn later(runs: &Cell<u32>) -> Result<(), String> {
        runs.set(runs.get() + 1);
        Err("no".into())
    }
    let runs = Cell::new(0);
    let _ = virtually(|| outlasts(|| plain(&runs)));
    assert_eq!(runs.get(), 1);
    let _ = virtually(|| outlasts(|| ready(later(&runs))));
    assert_eq!(runs.get(), 2);
}

static SHARED: Breaker = Breaker::new("patient", BreakerSettings::new().min_calls(3));

#[retryable(max = 0, deadline = "9s", breaker = SHARED)]
async fn healthy() -> Result<(), Failure> {
    tokio::time::sleep(ms(200)).await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_an_inherited_deadline_cuts_opens_no_breaker() {
    #[retryable(max = 0, deadline = "50ms")]
    async fn impatient() -> Result<(), Failure> {
        healthy().await
    }
    for _ in 0..10 {
        assert!(impatient().await.is_err());
    }
    assert_eq!(SHARED.figures().failures, 0);
    assert_eq!(healthy().await, Ok(()), "the breaker is closed for patient callers");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_an_inherited_deadline_cuts_after_it_was_slow_is_a_failure() {
    static SLOW: Breaker = Breaker::new("slow", BreakerSettings::new().min_calls(3).slow(ms(100)));
    #[retryable(max = 0, deadline = "9s", breaker = SLOW)]
    async fn hangs() -> Result<(), Failure> {
        std::future::pending().await
    }
    #[retryable(max = 0, deadline = "150ms")]
    async fn patient() -> Result<(), Failure> {
        hangs().await
    }
    for _ in 0..2 {
        assert!(patient().await.is_err());
    }
    assert_eq!(SLOW.figures().failures, 2);
}

#[tokio::test(start_paused = true)]
async fn a_shared_future_does_not_take_the_deadline_of_its_first_poller() {
    #[retryable(max = 9, base = "1s", jitter = none, inherit = false)]
    async fn load(runs: &Cell<u32>) -> Result<u32, Failure> {
        // A call inside must not see that deadline, either.
        let (result, _) = inner().await;
        runs.set(runs.get() + 1);
        if runs.get() < 3 { Err(result.unwrap_err()) } else { Ok(runs.get()) }
    }
    let runs = Cell::new(0);
    let shared = futures::future::FutureExt::shared(load(&runs));
    let first = every(ms(1), 1).deadline(ms(100)).call_async(|_| shared.clone());
    let (first, second) = tokio::join!(first, shared.clone());
    assert!(first.is_err(), "its own deadline holds");
    assert_eq!(second, Ok(3));
}

#[test]
fn a_call_that_does_not_inherit_reports_to_no_observer_around_it() {
    #[retryable(max = 0, inherit = false)]
    fn alone() -> Result<(), Failure> {
        Err(Failure::Refused)
    }
    let (result, report) = observe_blocking(alone);
    assert!(result.is_err());
    assert_eq!(report.attempts_made(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_spawned_future_inherits_the_deadline_if_it_is_wrapped() {
    let outer = every(ms(1), 1).deadline(secs(1));
    let spawning = async || tokio::spawn(inherited(inner())).await.expect("no panic");
    let (result, report) = within(outer, spawning).await;
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!((report.reason, report.total), (StopReason::Deadline, ms(800)));
}

#[tokio::test(start_paused = true)]
async fn a_wrapped_future_outside_a_call_is_unlimited() {
    let (_, report) = inherited(inner()).await;
    assert_eq!(report.attempts_made(), 100);
}
