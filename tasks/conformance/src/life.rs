//! The life of a task without orders by hand.

use std::time::Duration;

use retry_runtime::Kind;
use retry_tasks::{AttemptOutcome, EventKind, FailReason, State, TaskError, TaskInfo};
use tokio::sync::Mutex;

use crate::lab::{Lab, failed, seconds, start};
use crate::stage::{Act, FAIL, blocking, guarded, once, repeatable};

crate::list! {
    a_task_runs_and_keeps_its_result
    a_function_that_blocks_runs_too
    a_failed_attempt_is_followed_by_another_after_its_delay
    a_waiting_task_occupies_no_worker_slot
    a_task_fails_when_its_attempts_are_used_up
    a_permanent_failure_is_not_retried
    an_ambiguous_failure_is_retried_only_where_a_repetition_is_safe
    a_servers_hint_replaces_a_shorter_delay
    [ManualTime] an_open_breaker_holds_a_task_back
    a_panic_is_a_failure_and_the_worker_goes_on
    every_attempt_sees_the_tasks_identifier
    history_and_progress_are_visible_while_the_task_runs
    [ManualTime] a_task_that_is_put_off_runs_again_later_and_no_attempt_is_counted
    events_come_in_order
}

async fn a_task_runs_and_keeps_its_result(lab: Lab) {
    let id = lab.given(&[]).await;
    assert_eq!(lab.info(id).await.state, State::Pending);
    assert_eq!(lab.tasks.result::<String>(id).await, Ok(None));
    lab.work();
    assert_eq!(lab.tasks.wait::<String>(id).await, Ok("a".to_owned()));
    let info = lab.info(id).await;
    assert_eq!((info.state, info.retry_count, info.max_retries), (State::Complete, 0, Some(3)));
    let outcomes: Vec<_> = info.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::Succeeded]);
    assert!(info.is_terminal() && !info.can_retry);
    assert!(matches!(lab.tasks.result::<u8>(id).await, Err(TaskError::Result { .. })));
}

async fn a_function_that_blocks_runs_too(lab: Lab) {
    lab.stage.script("b", &[FAIL]);
    let id = lab.submit(blocking::task("b".into())).await;
    lab.work();
    let info = lab.play(id).await;
    assert_eq!((info.state, info.retry_count), (State::Complete, 1));
}

async fn a_failed_attempt_is_followed_by_another_after_its_delay(lab: Lab) {
    let id = lab.run(&[FAIL, FAIL]).await;
    let info = lab.until_waiting(id).await;
    let ended = info.attempts()[0].ended.expect("it has failed");
    assert_eq!(info.state, State::Waiting { next_attempt_at: ended + seconds(1) });
    lab.clock.advance(Duration::from_millis(999));
    assert!(lab.stage.started().len() == 1 || !lab.is_manual());
    let info = lab.play(id).await;
    assert_eq!((info.state, info.retry_count), (State::Complete, 2));
    let delays: Vec<_> = info.attempts().iter().map(|attempt| attempt.delay).collect();
    assert_eq!(delays, [Some(seconds(1)), Some(seconds(2)), None]);
    assert_eq!(info.attempts()[0].error.as_deref(), Some("trouble of kind Transient"));
    assert_eq!(info.last_kind, Some(Kind::Transient), "the last failure is kept");
    assert_eq!(lab.stage.started().len(), 3, "neither lost nor repeated");
}

async fn a_waiting_task_occupies_no_worker_slot(lab: Lab) {
    let _worker = start(lab.builder().in_flight(1));
    let first = lab.given(&[Act::Throttle(seconds(50))]).await;
    lab.until_waiting(first).await;
    let second = lab.submit(repeatable::task("second".into())).await;
    assert_eq!(lab.until_ended(second).await.state, State::Complete);
    assert!(matches!(lab.info(first).await.state, State::Waiting { .. }));
}

async fn a_task_fails_when_its_attempts_are_used_up(lab: Lab) {
    let id = lab.run(&[FAIL; 9]).await;
    let info = lab.play(id).await;
    assert_eq!(info.state, failed(FailReason::Exhausted));
    assert_eq!((info.retry_count, info.max_retries), (3, Some(3)));
    assert!(info.is_terminal() && info.can_retry);
    let error = "trouble of kind Transient".to_owned();
    let expected = TaskError::Failed { id, reason: FailReason::Exhausted, error };
    assert_eq!(lab.tasks.result::<String>(id).await, Err(expected));
}

async fn a_permanent_failure_is_not_retried(lab: Lab) {
    let id = lab.run(&[Act::Fail(Kind::Permanent)]).await;
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Permanent));
    assert_eq!((info.retry_count, info.can_retry, info.is_terminal()), (0, true, false));
}

async fn an_ambiguous_failure_is_retried_only_where_a_repetition_is_safe(lab: Lab) {
    lab.stage.script("b", &[Act::Fail(Kind::Ambiguous)]);
    let harmful = lab.submit(once::task("b".into(), None)).await;
    let harmless = lab.run(&[Act::Fail(Kind::Ambiguous)]).await;
    assert_eq!(lab.play(harmless).await.state, State::Complete);
    assert_eq!(lab.play(harmful).await.state, failed(FailReason::Ambiguous));
}

async fn a_servers_hint_replaces_a_shorter_delay(lab: Lab) {
    let id = lab.run(&[Act::Throttle(seconds(7)), Act::Throttle(seconds(3600))]).await;
    let info = lab.until_waiting(id).await;
    // Spread by up to a second, so that tasks do not return in one instant.
    let delay = info.attempts()[0].delay.unwrap_or_default();
    assert!(seconds(7) <= delay && delay <= seconds(8), "{delay:?}");
    assert_eq!(info.attempts()[0].delay_source, Some(retry_runtime::DelaySource::Hint));
    let info = lab.play(id).await;
    assert_eq!(info.state, failed(FailReason::RetryAfterTooLong));
}

async fn an_open_breaker_holds_a_task_back(lab: Lab) {
    // All labs in this process share the function's breaker.
    static ALONE: Mutex<()> = Mutex::const_new(());
    let _alone = ALONE.lock().await;
    lab.stage.script("a", &[FAIL]);
    let id = lab.submit(guarded::task("a".into())).await;
    lab.work();
    let first = lab.until_waiting(id).await.state;
    lab.clock.advance(seconds(1));
    let held_back = |info: &TaskInfo| info.state.name() == "waiting" && info.state != first;
    let info = lab.until(id, held_back).await;
    assert_eq!((info.retry_count, info.attempts().len()), (0, 1), "what is refused is not counted");
    retry_runtime::breaker("conformance::guarded").expect("declared").force_close();
    lab.clock.advance(seconds(60));
    assert_eq!(lab.play(id).await.state, State::Complete);
    assert_eq!(lab.stage.started().len(), 2);
}

async fn a_panic_is_a_failure_and_the_worker_goes_on(lab: Lab) {
    lab.stage.script("a", &[Act::Panic]);
    lab.stage.script("b", &[Act::Panic]);
    let _worker = start(lab.builder().in_flight(1));
    for task in [repeatable::task("a".into()), blocking::task("b".into())] {
        let id = lab.submit(task).await;
        let info = lab.until_ended(id).await;
        assert_eq!(info.state, failed(FailReason::Panicked));
        assert_eq!(info.last_error.as_deref(), Some("the function panicked: as the script says"));
    }
    let id = lab.submit(repeatable::task("c".into())).await;
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
}

async fn every_attempt_sees_the_tasks_identifier(lab: Lab) {
    let id = lab.run(&[FAIL; 2]).await;
    lab.play(id).await;
    assert_eq!(lab.stage.lock().ids, [id.call_id(); 3]);
}

async fn history_and_progress_are_visible_while_the_task_runs(lab: Lab) {
    let id = lab.run(&[FAIL, Act::HalfDone]).await;
    lab.until_waiting(id).await;
    lab.clock.advance(seconds(1));
    let info = lab.until(id, |info| info.state == State::Running).await;
    assert_eq!(info.attempts().len(), 2, "{info:?}");
    assert_eq!(info.attempts()[1].outcome, AttemptOutcome::Running);
    lab.until_started(2).await;
    lab.clock.advance(seconds(4));
    let info = lab.until(id, |info| info.progress.is_some()).await;
    let progress = info.progress.clone().expect("told");
    assert_eq!((progress.fraction, progress.message.as_deref()), (Some(0.5), Some("half done")));
    if lab.is_manual() {
        assert_eq!(info.eta, Some(info.attempts()[1].started + seconds(8)), "half took 4 s");
    }
}

async fn a_task_that_is_put_off_runs_again_later_and_no_attempt_is_counted(lab: Lab) {
    let id = lab.run(&[Act::Snooze; 9]).await;
    for round in 1..=9 {
        lab.until_started(round).await;
        let due = lab.clock.now() + seconds(600);
        let info = lab.until(id, |info| info.due_at == Some(due)).await;
        assert_eq!((info.state, info.attempts().len()), (State::Pending, 0), "of four attempts");
        lab.pass(seconds(599)).await;
        assert_eq!(lab.stage.started().iter().filter(|play| *play == "a").count(), round);
        lab.pass(seconds(1)).await;
        lab.stage.lock().forget("marker");
    }
    let info = lab.until_ended(id).await;
    assert_eq!((info.state, info.retry_count), (State::Complete, 0));
}

async fn events_come_in_order(lab: Lab) {
    let mut events = lab.tasks.events();
    let id = lab.run(&[FAIL]).await;
    lab.play(id).await;
    let mut names = Vec::new();
    while names.last() != Some(&EventKind::Completed.name()) {
        names.push(events.recv().await.expect("none was missed").kind.name());
    }
    let expected =
        ["task.submitted", "task.started", "task.waiting", "task.started", "task.completed"];
    assert_eq!(names, expected);
}
