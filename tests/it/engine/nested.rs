use std::cell::Cell;
use std::time::Duration;

use retry_runtime::{Policy, Report, StopReason, observe, observe_blocking};

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
