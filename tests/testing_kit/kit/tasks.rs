//! Which tasks and threads belong to a scope.

use std::time::Duration;

use retry_runtime::{observe, retryable};
use retry_testing as testing;

use crate::faults::PayError;

#[retryable(max = 2, base = "30s", backoff = fixed, jitter = none, name = "tasks::ask", budget = none)]
async fn ask() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 2, base = "30s", backoff = fixed, jitter = none, name = "tasks::fetch", budget = none)]
fn fetch() -> Result<u32, PayError> {
    Err(PayError::Busy)
}

#[retryable(max = 0, name = "tasks::around")]
async fn around() -> Result<u32, PayError> {
    ask().await
}

#[tokio::test]
async fn tasks_on_the_tests_own_thread_are_in_its_scope() {
    let t = testing::scope();
    let (one, two) = tokio::join!(tokio::spawn(ask()), ask());
    assert!(one.expect("no panic").is_err() && two.is_err());
    t.assert("tasks::ask").calls(2).attempts(6);
    assert_eq!(t.elapsed(), Duration::from_secs(60));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrapped_tasks_on_other_threads_are_in_the_scope() {
    let t = testing::scope();
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(t.wrap(ask()))).collect();
    for task in tasks {
        assert!(task.await.expect("no panic").is_err());
    }
    t.assert("tasks::ask").calls(8).attempts(24);
}

#[test]
fn wrapped_threads_are_in_the_scope_and_others_are_not() {
    let t = testing::scope();
    std::thread::scope(|threads| {
        threads.spawn(t.wrap_fn(|| assert!(fetch().is_err())));
        threads.spawn(|| {
            // This thread opens its own scope: it is not in the scope of the spawning test.
            let other = testing::scope();
            other.attempts_at_most(1);
            assert!(fetch().is_err());
            other.assert("tasks::fetch").calls(1).attempts(1);
        });
    });
    t.assert("tasks::fetch").calls(1).attempts(3);
}

#[test]
fn nested_calls_are_in_the_scope() {
    let t = testing::scope();
    assert!(futures::executor::block_on(around()).is_err());
    t.assert("tasks::around").attempts(1);
    t.assert("tasks::ask").attempts(3).slept("60s");
}

#[test]
fn an_observed_call_is_reported_to_the_scope_and_to_the_observer() {
    let t = testing::scope();
    let (result, report) = futures::executor::block_on(observe(ask()));
    assert!(result.is_err());
    assert_eq!(report, t.report("tasks::ask"));
}

#[tokio::test]
async fn a_scope_opened_inside_an_observed_future_stays_open() {
    let (attempts, _) = observe(async {
        let t = testing::scope();
        tokio::task::yield_now().await;
        assert!(ask().await.is_err());
        t.attempts("tasks::ask")
    })
    .await;
    assert_eq!(attempts, 3);
}

#[tokio::test]
async fn a_call_dropped_while_asleep_does_not_block_the_others() {
    let t = testing::scope();
    let mut first = Box::pin(t.wrap(ask()));
    let task = tokio::spawn(t.wrap(async {
        tokio::task::yield_now().await;
        ask().await
    }));
    assert!(futures::poll!(&mut first).is_pending(), "the call sleeps and moves the clock");
    tokio::task::yield_now().await;
    drop(first);
    assert!(task.await.expect("no panic").is_err());
    t.assert("tasks::ask").calls(2).attempts(4);
}
