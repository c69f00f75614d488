//! Tests of `retry tasks cancel` and `retry tasks reset`, and when they are refused.

use retry_tasks::{AttemptOutcome, State};

use crate::lab::Lab;

#[tokio::test]
async fn a_task_that_has_not_started_is_cancelled_and_never_starts() {
    let lab = Lab::new();
    let id = lab.parcel(1).await;
    let text = lab.prints(&["cancel", &id.to_string()]);
    assert_eq!(
        text,
        format!("task {id} was pending and is now cancelled: it will not be started\n")
    );
    let later = lab.parcel(2).await;
    let _worker = lab.worker();
    lab.until_ended(later).await;
    let info = lab.info(id).await;
    assert_eq!((info.state, info.attempts().len()), (State::Cancelled, 0));
}

#[tokio::test]
async fn cancel_aborts_an_attempt_that_another_process_runs() {
    let lab = Lab::new();
    let id = lab.letter("patient").await;
    let _worker = lab.worker();
    lab.until(id, |info| info.progress.is_some()).await;
    let text = lab.prints(&["cancel", &id.to_string()]);
    assert!(
        text.starts_with(&format!(
            "task {id} was running and is now cancelled: the attempt is aborted"
        )),
        "{text}"
    );
    let info = lab.until(id, |_| lab.folder().join("gone").exists()).await;
    assert_eq!(info.state, State::Cancelled);
    assert_eq!(info.attempts()[0].outcome, AttemptOutcome::Cancelled);
}

#[tokio::test]
async fn an_ended_task_cannot_be_cancelled_and_the_error_says_how_it_ended() {
    let lab = Lab::new();
    let (complete, failed, cancelled) =
        (lab.parcel(1).await, lab.parcel(10).await, lab.parcel(2).await);
    lab.tasks.cancel(cancelled).await.expect("it is pending");
    let _worker = lab.worker();
    for (id, state) in
        [(complete, "complete"), (failed, "failed (exhausted)"), (cancelled, "cancelled")]
    {
        let before = lab.until_ended(id).await;
        let error = lab.fails(1, &["cancel", &id.to_string()]);
        let expected = format!(
            "cannot cancel task {id}: it is {state}; only a task that has not ended can be cancelled\n"
        );
        assert_eq!(error, expected);
        assert_eq!(lab.info(id).await, before);
    }
}

#[tokio::test]
async fn a_reset_task_runs_from_scratch() {
    let lab = Lab::new();
    let id = lab.letter("anna").await;
    let worker = lab.worker();
    lab.until_ended(id).await;
    drop(worker);
    let text = lab.prints(&["reset", &id.to_string()]);
    assert!(
        text.starts_with(&format!("task {id} was failed (exhausted) and is now pending: ")),
        "{text}"
    );
    let info = lab.info(id).await;
    assert_eq!((info.state, info.retry_count, info.attempts().len()), (State::Pending, 0, 0));
    let error = lab.fails(1, &["reset", &id.to_string()]);
    let expected = format!(
        "cannot reset task {id}: it is pending; only a task that has ended can be reset; cancel it first\n"
    );
    assert_eq!(error, expected);

    lab.open_the_desk();
    let _worker = lab.worker();
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
    let done = lab.json(&["reset", &id.to_string()]);
    assert_eq!(done["before"]["state"], "complete", "a complete task can be reset too");
}

#[tokio::test]
async fn json_has_the_state_before_and_after() {
    let lab = Lab::new();
    let id = lab.parcel(1).await;
    let done = lab.json(&["cancel", &id.to_string()]);
    let expected = serde_json::json!({
        "id": id, "before": { "state": "pending" }, "after": { "state": "cancelled" },
    });
    assert_eq!(done, expected);
}
