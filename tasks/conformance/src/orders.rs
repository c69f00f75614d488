//! Orders by hand, and orders that race.

use retry_runtime::Kind;
use retry_tasks::{AttemptOutcome, FailReason, Filter, Phase, State, TaskError, TaskId};

use crate::lab::{Lab, failed, refused, seconds};
use crate::stage::{Act, FAIL, paced, repeatable};

crate::list! {
    a_retry_by_hand_is_another_round_and_keeps_counters_and_history
    retry_once_exceeds_the_limit_by_one_when_no_attempts_are_left
    a_reset_starts_from_nothing
    a_waiting_task_is_cancelled_at_once
    a_running_attempt_is_dropped_when_its_task_is_cancelled
    a_cancelled_task_can_be_retried
    cancellation_and_completion_race_and_one_of_them_wins
    two_retries_race_and_the_loser_gets_the_new_state
    an_order_that_the_state_does_not_allow_is_refused
    [Bucket] retry_all_starts_attempts_as_fast_as_the_budget_pays
}

async fn exhausted(lab: &Lab) -> TaskId {
    let id = lab.given(&[FAIL; 4]).await;
    let worker = lab.worker();
    assert_eq!(lab.play(id).await.state, failed(FailReason::Exhausted));
    worker.shutdown(seconds(0)).await;
    id
}

async fn a_retry_by_hand_is_another_round_and_keeps_counters_and_history(lab: Lab) {
    let id = exhausted(&lab).await;
    lab.stage.script("a", &[FAIL; 9]);
    let ordered = lab.tasks.retry(id).await.expect("it has failed");
    assert_eq!(ordered.before, failed(FailReason::Exhausted));
    assert_eq!(ordered.after, State::Pending);
    let info = lab.info(id).await;
    assert_eq!((info.retry_count, info.max_retries, info.attempts().len()), (3, Some(7), 4));
    lab.work();
    let info = lab.play(id).await;
    assert_eq!((info.state, info.attempts().len()), (failed(FailReason::Exhausted), 8));
    let delays: Vec<_> = info.attempts()[4..].iter().map(|attempt| attempt.delay).collect();
    let from_the_start = [Some(seconds(1)), Some(seconds(2)), Some(seconds(4)), None];
    assert_eq!(delays, from_the_start);
    assert!(info.can_retry);
}

async fn retry_once_exceeds_the_limit_by_one_when_no_attempts_are_left(lab: Lab) {
    let id = exhausted(&lab).await;
    lab.stage.script("a", &[FAIL; 9]);
    lab.tasks.retry_once(id).await.expect("it has failed");
    assert_eq!(lab.info(id).await.max_retries, Some(4));
    lab.work();
    let info = lab.play(id).await;
    assert_eq!((info.retry_count, info.attempts().len()), (4, 5));

    lab.stage.script("b", &[FAIL, Act::Fail(Kind::Permanent)]);
    let early = lab.submit(repeatable::task("b".into())).await;
    assert_eq!(lab.play(early).await.retry_count, 1);
    lab.tasks.retry_once(early).await.expect("it has failed");
    assert_eq!(lab.info(early).await.max_retries, Some(3), "something was left");
}

async fn a_reset_starts_from_nothing(lab: Lab) {
    let id = exhausted(&lab).await;
    lab.tasks.reset(id).await.expect("it has ended");
    let info = lab.info(id).await;
    assert_eq!((info.state, info.retry_count, info.max_retries), (State::Pending, 0, Some(3)));
    assert_eq!((info.attempts().len(), info.last_error), (0, None));
    lab.work();
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
    lab.tasks.reset(id).await.expect("a complete task runs anew");
    assert_eq!(lab.until_ended(id).await.attempts().len(), 1);
}

async fn a_waiting_task_is_cancelled_at_once(lab: Lab) {
    let id = lab.run(&[FAIL]).await;
    lab.until_waiting(id).await;
    let ordered = lab.tasks.cancel(id).await.expect("it waits");
    assert_eq!((ordered.before.name(), ordered.after), ("waiting", State::Cancelled));
    lab.clock.advance(seconds(60));
    assert_eq!(lab.tasks.wait::<String>(id).await, Err(TaskError::Cancelled(id)));
    assert_eq!(lab.stage.started().len(), 1);
}

async fn a_running_attempt_is_dropped_when_its_task_is_cancelled(lab: Lab) {
    let (id, _worker) = lab.hang(repeatable::task("a".into())).await;
    lab.tasks.cancel(id).await.expect("it runs");
    let info = lab.info(id).await;
    assert_eq!(info.state, State::Cancelled);
    assert_eq!(info.attempts()[0].outcome, AttemptOutcome::Cancelled);
    // The clock stands still: this does not need a heartbeat.
    while lab.stage.lock().dropped == 0 {
        lab.look().await;
    }
}

async fn a_cancelled_task_can_be_retried(lab: Lab) {
    let id = lab.given(&[]).await;
    lab.tasks.cancel(id).await.expect("it is pending");
    assert!(lab.info(id).await.can_retry);
    lab.tasks.retry(id).await.expect("it was cancelled");
    lab.work();
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
}

async fn cancellation_and_completion_race_and_one_of_them_wins(lab: Lab) {
    lab.work();
    let (mut cancelled, mut completed) = (0, 0);
    for round in 0..40 {
        let id = lab.given(&[]).await;
        for _ in 0..round {
            tokio::task::yield_now().await;
        }
        match lab.tasks.cancel(id).await {
            Ok(ordered) => {
                assert_eq!(ordered.after, State::Cancelled);
                assert_eq!(lab.until_ended(id).await.state, State::Cancelled);
                assert_eq!(lab.tasks.result::<String>(id).await, Err(TaskError::Cancelled(id)));
                cancelled += 1;
            }
            Err(error) => {
                assert_eq!(refused(Err(error)), State::Complete);
                assert_eq!(lab.tasks.result(id).await, Ok(Some("a".to_owned())));
                completed += 1;
            }
        }
    }
    assert_eq!(cancelled + completed, 40);
}

async fn two_retries_race_and_the_loser_gets_the_new_state(lab: Lab) {
    let id = exhausted(&lab).await;
    let (one, two) = tokio::join!(lab.tasks.retry(id), lab.tasks.retry(id));
    let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
    assert_eq!(won.expect("one of them").after, State::Pending);
    assert_eq!(refused(lost), State::Pending);
}

async fn an_order_that_the_state_does_not_allow_is_refused(lab: Lab) {
    let id = lab.given(&[]).await;
    assert_eq!(refused(lab.tasks.retry(id).await), State::Pending);
    assert_eq!(refused(lab.tasks.reset(id).await), State::Pending);
    lab.work();
    lab.until_ended(id).await;
    let error = lab.tasks.cancel(id).await.expect_err("it is complete");
    let text = format!(
        "cannot cancel task {id}: it is complete; only a task that has not ended can be cancelled"
    );
    assert_eq!(error.to_string(), text);
    let nobody = TaskId::from_u128(1);
    assert_eq!(lab.tasks.cancel(nobody).await, Err(TaskError::Unknown(nobody)));
}

async fn retry_all_starts_attempts_as_fast_as_the_budget_pays(lab: Lab) {
    let worker = lab.worker();
    for play in ["a", "b", "c", "d", "e"] {
        lab.stage.script(play, &[FAIL, Act::Hang]);
        let id = lab.submit(paced::task(play.into())).await;
        lab.until_ended(id).await;
    }
    let failed = Filter::new().phase(Phase::Failed).name("conformance::*").limit(2);
    assert_eq!(lab.tasks.retry_all(failed).await, Ok(5), "whatever page they are on");
    let until_held_back = async |running, held| loop {
        let counts = lab.tasks.counts().await.expect("counted");
        if (counts.running, counts.waiting) == (running, held) {
            return;
        }
        // Queries without a pause would starve the writer.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    };
    // Five, and two that were paid for.
    lab.until_started(7).await;
    until_held_back(2, 3).await;
    let other = lab.submit(repeatable::task("other".into())).await;
    lab.until_ended(other).await;
    until_held_back(2, 3).await;
    assert_eq!(lab.tasks.counts().await.expect("counted").held_back, 3);
    lab.clock.advance(seconds(1));
    // And the other one, and one for the token of a second.
    lab.until_started(9).await;
    until_held_back(3, 2).await;
    worker.abandon().await;
}
