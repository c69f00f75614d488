//! Panics, waits and values that a task may get stuck on, and the orders by hand that help.

use retry_tasks::{AttemptOutcome, FailReason, State, TaskError};

use crate::lab::{Lab, failed, seconds, start};
use crate::stage::{Act, FAIL, anything, blocking, caller, repeatable, single_caller};

crate::list! {
    a_panic_is_a_failed_attempt_where_every_failure_is_retried
    a_task_that_waits_for_one_that_gets_no_slot_is_told_so
    a_task_that_waits_for_its_own_function_beyond_its_concurrency_is_told_so
    a_task_may_wait_for_another_one_that_has_a_slot
    a_task_may_wait_for_two_others_that_have_one_slot_in_turn
    arguments_and_results_beyond_the_limit_are_refused_with_both_sizes
    retries_by_hand_are_counted_apart
}

async fn a_panic_is_a_failed_attempt_where_every_failure_is_retried(lab: Lab) {
    lab.work();
    lab.stage.script("a", &[Act::Panic]);
    let id = lab.submit(anything::task("a".into())).await;
    let info = lab.play(id).await;
    assert_eq!((info.state, info.retry_count), (State::Complete, 1));
    let first = &info.attempts()[0];
    assert_eq!(first.outcome, AttemptOutcome::Failed);
    assert_eq!(first.error.as_deref(), Some("the function panicked: as the script says"));
    assert_eq!(first.delay, Some(seconds(1)), "the backoff holds for panics, too");

    lab.stage.script("b", &[Act::Panic; 9]);
    let id = lab.submit(anything::task("b".into())).await;
    let info = lab.play(id).await;
    assert_eq!((info.state, info.attempts().len()), (failed(FailReason::Exhausted), 4));
}

/// Submits a task, and another one that waits for it and runs first. Returns what the second one was told.
async fn told(lab: &Lab, slots: usize, single: bool) -> String {
    *lab.stage.lock().tasks_mut() = Some(lab.tasks.clone());
    let waited_for = match single {
        true => lab.submit(single_caller::task("nobody".into()).priority(-1)).await,
        false => lab.submit(repeatable::task("a".into()).priority(-1)).await,
    };
    let play = waited_for.to_string();
    let waiting = match single {
        true => lab.submit(single_caller::task(play)).await,
        false => lab.submit(caller::task(play)).await,
    };
    lab.settled().await;
    let _worker = start(lab.builder().in_flight(slots));
    loop {
        let info = lab.info(waiting).await;
        if let Some(result) = info.result {
            return result.as_str().unwrap_or_default().to_owned();
        }
        assert!(!info.state.is_ended(), "{info:?}");
        lab.clock.advance(seconds(1));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
}

async fn a_task_that_waits_for_one_that_gets_no_slot_is_told_so(lab: Lab) {
    let text = told(&lab, 1, false).await;
    assert!(text.contains("cannot start: the 1 slots"), "{text}");
    assert!(text.contains("raise `in_flight` or `concurrency`"), "{text}");
}

async fn a_task_that_waits_for_its_own_function_beyond_its_concurrency_is_told_so(lab: Lab) {
    let text = told(&lab, 8, true).await;
    assert!(text.contains("cannot start: the 1 slots"), "{text}");
}

async fn a_task_may_wait_for_another_one_that_has_a_slot(lab: Lab) {
    assert_eq!(told(&lab, 2, false).await, "a");
}

async fn a_task_may_wait_for_two_others_that_have_one_slot_in_turn(lab: Lab) {
    *lab.stage.lock().tasks_mut() = Some(lab.tasks.clone());
    lab.stage.script("a", &[Act::Block]);
    let one = lab.submit(blocking::task("a".into())).await;
    let two = lab.submit(blocking::task("b".into()).priority(-1)).await;
    let waiting = lab.submit(caller::task(format!("{one} {two}")).priority(1)).await;
    let _worker = start(lab.builder().in_flight(2));
    lab.until_started(1).await;
    lab.until(waiting, |info| info.state == State::Running).await;
    for _ in 0..50 {
        lab.clock.advance(seconds(1));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(lab.info(waiting).await.state, State::Running, "the slot of the other is no wait");
    lab.stage.open();
    while !lab.info(waiting).await.state.is_ended() {
        lab.clock.advance(seconds(1));
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(lab.tasks.result::<String>(waiting).await, Ok(Some("a b".to_owned())));
}

async fn arguments_and_results_beyond_the_limit_are_refused_with_both_sizes(lab: Lab) {
    let tasks = lab.tasks.clone().value_limit(2048);
    let refused = tasks.submit(repeatable::task("x".repeat(4096))).await.expect_err("too long");
    let TaskError::Arguments { name, detail } = &refused else { panic!("{refused:?}") };
    assert_eq!(name, "conformance::repeatable");
    assert!(detail.starts_with("4.0 KiB exceed the limit of 2.0 KiB; "), "{detail}");
    assert!(tasks.submit_unique("key", repeatable::task("x".repeat(4096))).await.is_err());
    assert_eq!(tasks.counts().await.expect("counted").total(), 0);

    // The handle of another program may allow longer arguments than the worker allows results.
    let id = lab.submit(repeatable::task("x".repeat(4096))).await;
    let worker = tasks.worker().state(lab.stage.clone()).only("conformance::repeatable");
    let _worker = start(worker);
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Unreadable));
    let error = info.last_error.unwrap_or_default();
    assert!(error.starts_with("the result cannot be stored: 4.0 KiB exceed"), "{error}");
}

async fn retries_by_hand_are_counted_apart(lab: Lab) {
    let id = lab.run(&[FAIL; 4]).await;
    assert_eq!(lab.play(id).await.by_hand, 0);
    lab.tasks.retry(id).await.expect("it has failed");
    let info = lab.until_ended(id).await;
    assert_eq!((info.state, info.retry_count, info.by_hand), (State::Complete, 4, 1));
    lab.tasks.reset(id).await.expect("it has ended");
    assert_eq!(lab.until_ended(id).await.by_hand, 0);
}
