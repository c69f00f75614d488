//! Submissions: delays, deadlines, priorities, keys, and waiting for the result.

use std::time::Duration;

use retry_runtime::Kind;
use retry_tasks::{Answer, FailReason, NewTask, State, Submitted, Task, TaskId};

use crate::lab::{Lab, failed, seconds, start};
use crate::stage::{Act, FAIL, repeatable, single};

crate::list! {
    a_delayed_task_starts_when_it_is_due
    a_task_fails_at_its_deadline
    a_task_of_a_function_that_nobody_has_fails_at_its_deadline
    a_task_fails_at_once_when_its_next_retry_would_miss_the_deadline
    the_greater_priority_starts_first_then_the_older_task
    a_function_never_exceeds_its_concurrency
    a_quick_function_does_not_wait_behind_many_tasks_of_another
    a_unique_task_runs_once
    [ManualTime] a_result_answers_for_its_key_while_it_is_valid
    a_failure_frees_the_key
    a_task_retried_by_hand_answers_for_its_key_again
    a_task_whose_key_was_taken_over_is_not_retried_beside_its_successor
    a_call_that_takes_too_long_continues_in_the_background
    a_call_that_is_in_time_returns_its_value
    a_submission_that_is_repeated_under_its_identifier_is_stored_once
    many_tasks_are_submitted_at_once_in_their_order
}

/// Submits a task under the key `k`.
async fn unique(lab: &Lab, task: Task<String>) -> Submitted {
    lab.tasks.submit_unique("k", task).await.expect("stored")
}

async fn a_delayed_task_starts_when_it_is_due(lab: Lab) {
    lab.work();
    let late = lab.submit(repeatable::task("late".into()).delay(lab.long(seconds(60)))).await;
    let first = lab.submit(repeatable::task("now".into())).await;
    lab.until_ended(first).await;
    lab.clock.advance(seconds(59));
    assert_eq!(lab.info(late).await.state, State::Pending);
    lab.clock.advance(seconds(1));
    assert_eq!(lab.until_ended(late).await.state, State::Complete);
    assert_eq!(lab.stage.started(), ["now", "late"]);
}

async fn a_task_fails_at_its_deadline(lab: Lab) {
    let limit = lab.long(seconds(10));
    let id = lab.submit(repeatable::task("a".into()).deadline(limit)).await;
    lab.time_passes(limit).await;
    lab.work();
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Deadline));
    assert!(lab.stage.started().is_empty());
    assert!(info.last_error.is_some_and(|error| error.contains("deadline")));
    lab.tasks.retry(id).await.expect("by hand it may still be done");
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
}

async fn a_task_of_a_function_that_nobody_has_fails_at_its_deadline(lab: Lab) {
    let orphan = |deadline| NewTask {
        name: "conformance::removed".into(),
        arguments: "{}".into(),
        deadline,
        ..NewTask::default()
    };
    let limited =
        lab.tasks.store().submit(orphan(Some(lab.long(seconds(10))))).await.expect("stored").id;
    let waits = lab.tasks.store().submit(orphan(None)).await.expect("stored").id;
    lab.work();
    lab.clock.advance(seconds(10));
    assert_eq!(lab.until_ended(limited).await.state, failed(FailReason::Deadline));
    assert_eq!(lab.info(waits).await.state, State::Pending);
    lab.clock.advance(seconds(20));
    let counts = lab.tasks.counts_by_function().await.expect("counted");
    let counts = counts["conformance::removed"];
    assert_eq!((counts.pending, counts.failed, counts.due), (1, 1, 1));
    let age = counts.oldest_due.map(|due| lab.clock.now().since(due));
    assert!(age.is_some(), "it is seen how long nobody has run it");
    assert!(age == Some(seconds(30)) || !lab.is_manual(), "{age:?}");
}

async fn a_task_fails_at_once_when_its_next_retry_would_miss_the_deadline(lab: Lab) {
    lab.stage.script("a", &[FAIL; 9]);
    let limit = Duration::from_millis(2900);
    let id = lab.submit(repeatable::task("a".into()).deadline(limit)).await;
    lab.work();
    let info = lab.play(id).await;
    assert_eq!(info.state, failed(FailReason::Deadline));
    assert_eq!(info.attempts().len(), 2, "1 s fits, 1 s and 2 s do not");
}

async fn the_greater_priority_starts_first_then_the_older_task(lab: Lab) {
    for (play, priority) in [("a", 0), ("b", 5), ("c", -5), ("d", 5), ("e", 0)] {
        lab.submit(repeatable::task(play.into()).priority(priority)).await;
        lab.clock.advance(seconds(1));
    }
    lab.settled().await;
    let _worker = start(lab.builder().in_flight(1));
    lab.until_started(5).await;
    assert_eq!(lab.stage.started(), ["b", "d", "a", "e", "c"]);
}

async fn a_quick_function_does_not_wait_behind_many_tasks_of_another(lab: Lab) {
    lab.submit_plays(["slow"; 100]).await;
    lab.clock.advance(seconds(1));
    lab.submit(single::task("quick".into())).await;
    lab.settled().await;
    let _worker = start(lab.builder().in_flight(4));
    lab.until_started(8).await;
    let started = lab.stage.started();
    assert!(started[..8].contains(&"quick".to_owned()), "{started:?}");
}

async fn a_function_never_exceeds_its_concurrency(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    lab.work();
    let first = lab.submit(single::task("a".into())).await;
    lab.until(first, |info| info.state == State::Running).await;
    let second = lab.submit(single::task("b".into())).await;
    let other = lab.submit(repeatable::task("c".into())).await;
    lab.until_ended(other).await;
    assert_eq!(lab.info(second).await.state, State::Pending);
    lab.tasks.cancel(first).await.expect("it runs");
    assert_eq!(lab.until_ended(second).await.state, State::Complete);
}

async fn a_unique_task_runs_once(lab: Lab) {
    let first = unique(&lab, repeatable::task("a".into())).await;
    let second = unique(&lab, repeatable::task("a".into())).await;
    assert!(!first.existing && second.existing);
    assert_eq!(first.id, second.id, "while it is pending");
    lab.work();
    lab.until_ended(first.id).await;
    let third = unique(&lab, repeatable::task("a".into())).await;
    assert_eq!(third.id, first.id, "when it is complete");
    let other = unique(&lab, single::task("a".into())).await;
    assert_ne!(other.id, first.id, "another function");
    lab.until_ended(other.id).await;
    assert_eq!(lab.stage.started().len(), 2);
}

async fn a_result_answers_for_its_key_while_it_is_valid(lab: Lab) {
    let task = || repeatable::task("a".into()).valid_for(seconds(60));
    lab.work();
    let first = unique(&lab, task()).await.id;
    lab.until_ended(first).await;
    lab.clock.advance(seconds(59));
    assert_eq!(unique(&lab, task()).await.id, first);
    lab.clock.advance(seconds(1));
    let second = unique(&lab, task()).await;
    assert!(!second.existing && second.id != first);
    let old = lab.tasks.result(first).await;
    assert_eq!(old, Ok(Some("a".to_owned())), "who has the old one keeps it");
}

async fn a_failure_frees_the_key(lab: Lab) {
    lab.stage.script("a", &[Act::Fail(Kind::Permanent)]);
    lab.work();
    let first = unique(&lab, repeatable::task("a".into())).await.id;
    lab.until_ended(first).await;
    let second = unique(&lab, repeatable::task("a".into())).await.id;
    assert_ne!(first, second);
    assert_eq!(lab.until_ended(second).await.state, State::Complete);
}

async fn a_task_retried_by_hand_answers_for_its_key_again(lab: Lab) {
    lab.stage.script("a", &[Act::Fail(Kind::Permanent)]);
    lab.work();
    let failed = unique(&lab, repeatable::task("a".into())).await.id;
    lab.until_ended(failed).await;
    lab.tasks.retry(failed).await.expect("it has failed");
    assert_eq!(unique(&lab, repeatable::task("a".into())).await.id, failed);
}

async fn a_task_whose_key_was_taken_over_is_not_retried_beside_its_successor(lab: Lab) {
    let permanent = Act::Fail(Kind::Permanent);
    lab.stage.script("a", &[permanent, permanent]);
    let worker = lab.worker();
    let first = unique(&lab, repeatable::task("a".into())).await.id;
    lab.until_ended(first).await;
    worker.shutdown(seconds(0)).await;
    let second = unique(&lab, repeatable::task("a".into())).await.id;
    let refused = lab.tasks.retry(first).await.expect_err("the second one is open");
    let text = refused.to_string();
    assert!(text.contains(&second.to_string()) && text.contains("has its key"), "{text}");
    lab.work();
    lab.until_ended(second).await;
    lab.tasks.retry(first).await.expect("the key is free");
    assert_eq!(unique(&lab, repeatable::task("a".into())).await.id, first);
    assert_eq!(lab.until_ended(first).await.state, State::Complete);
    let refused = lab.tasks.retry(second).await.expect_err("the first one answers for the key");
    assert!(refused.to_string().contains(&first.to_string()), "{refused}");
}

async fn a_call_that_takes_too_long_continues_in_the_background(lab: Lab) {
    lab.stage.script("a", &[FAIL]);
    lab.work();
    let call = lab.tasks.call_or_background(seconds(1) / 2, repeatable::task("a".into()));
    let advance = async {
        lab.until_started(1).await;
        lab.clock.advance(seconds(1) / 2);
    };
    let (answer, ()) = tokio::join!(call, advance);
    let Ok(Answer::Background(id)) = answer else { panic!("{answer:?}") };
    let info = lab.play(id).await;
    assert_eq!((info.state, info.attempts().len()), (State::Complete, 2), "the same task went on");
}

async fn a_call_that_is_in_time_returns_its_value(lab: Lab) {
    lab.work();
    let answer = lab.tasks.call_or_background(seconds(5), repeatable::task("a".into())).await;
    assert_eq!(answer, Ok(Answer::Ready("a".to_owned())));
}

async fn a_submission_that_is_repeated_under_its_identifier_is_stored_once(lab: Lab) {
    let id = TaskId::unique();
    let task = || repeatable::task("a".into()).id(id);
    assert_eq!(lab.submit(task()).await, id);
    assert_eq!(lab.submit(task()).await, id, "as after a reply that was lost");
    lab.work();
    lab.until_ended(id).await;
    let again = lab.tasks.submit_unique("k", task()).await.expect("answered");
    assert_eq!(again, Submitted { id, existing: true }, "also after the end of the task");
    let twice = lab.tasks.submit_many([task(), task()]).await.expect("answered");
    assert_eq!(twice, [id, id], "also within one submission");
    assert_eq!(lab.stage.started(), ["a"]);
}

async fn many_tasks_are_submitted_at_once_in_their_order(lab: Lab) {
    let plays: Vec<String> = (0..700).map(|number| format!("{number:03}")).collect();
    let tasks = plays.iter().map(|play| repeatable::task(play.clone()));
    let ids = lab.tasks.submit_many(tasks).await.expect("stored");
    assert_eq!(ids.len(), 700);
    assert!(ids.is_sorted(), "later tasks have greater identifiers");
    lab.work();
    lab.until_ended(ids[699]).await;
    lab.until_ended(ids[0]).await;
    assert!(lab.tasks.submit_many(Vec::<Task<String>>::new()).await.expect("none").is_empty());
}
