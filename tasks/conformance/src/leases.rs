//! Leases and the ends of workers: crash, shutdown, takeover.

use retry_runtime::Kind;
use retry_tasks::{AttemptOutcome, FailReason, State, Task, TaskId, TaskInfo};

use crate::lab::{Lab, failed, seconds};
use crate::stage::{Act, FAIL, narrow, once, repeatable};

crate::list! {
    [Leases ManualTime] a_lost_attempt_is_followed_by_another_where_a_repetition_is_safe
    [Leases ManualTime] a_lost_attempt_ends_the_task_where_a_repetition_is_not_safe
    a_task_that_ends_every_worker_fails_in_the_end
    [Leases ManualTime] a_lease_is_renewed_while_the_attempt_is_running
    [Leases ManualTime] a_worker_does_not_lose_its_own_attempts_when_the_clock_leaps
    a_shutdown_returns_running_tasks_at_once
    a_shutdown_waits_for_attempts_that_end_in_time
    a_shutdown_fails_running_tasks_that_must_not_be_repeated
    [Leases ManualTime] a_worker_may_start_under_the_name_of_another
    two_workers_share_the_tasks
    a_thread_keeps_its_slot_after_its_task_was_cancelled
    a_thread_keeps_its_lease_after_its_worker_was_shut_down
    [Leases ManualTime] a_clock_that_is_set_forward_takes_no_lease_away
    [ManualTime] delayed_retries_of_many_tasks_are_neither_lost_nor_repeated
}

/// Submits a task whose first attempt is running when its worker crashes.
async fn lost(lab: &Lab, task: Task<String>) -> TaskId {
    let (id, worker) = lab.hang(task).await;
    worker.abandon().await;
    id
}

async fn a_lost_attempt_is_followed_by_another_where_a_repetition_is_safe(lab: Lab) {
    let id = lost(&lab, repeatable::task("a".into())).await;
    assert_eq!(lab.info(id).await.state, State::Running, "nobody knows better yet");
    lab.work();
    lab.clock.advance(seconds(29));
    assert_eq!(lab.info(id).await.state, State::Running, "the lease holds");
    lab.clock.advance(seconds(1));
    let info = lab.until_waiting(id).await;
    let attempt = &info.attempts()[0];
    assert_eq!((attempt.outcome, attempt.kind), (AttemptOutcome::Lost, Some(Kind::Ambiguous)));
    assert!(attempt.ended.is_some() && attempt.error.is_some());
    assert_eq!(attempt.delay, Some(seconds(1)), "the backoff holds for lost attempts, too");
    let info = lab.play(id).await;
    assert_eq!((info.state, info.retry_count), (State::Complete, 1));
}

async fn a_lost_attempt_ends_the_task_where_a_repetition_is_not_safe(lab: Lab) {
    let id = lost(&lab, once::task("a".into(), None)).await;
    lab.work();
    lab.clock.advance(seconds(30));
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, failed(FailReason::Ambiguous));
    assert_eq!(lab.stage.started().len(), 1);
    assert!(info.can_retry, "somebody may know that it did not happen");
}

async fn a_task_that_ends_every_worker_fails_in_the_end(lab: Lab) {
    let id = lab.given(&[Act::Hang; 9]).await;
    for attempt in 1..=4 {
        let worker = lab.worker();
        lab.until_started(attempt).await;
        worker.abandon().await;
        lab.clock.advance(seconds(30));
        let worker = lab.worker();
        let ended = |info: &TaskInfo| info.state != State::Running;
        if let State::Waiting { next_attempt_at } = lab.until(id, ended).await.state {
            worker.shutdown(seconds(0)).await;
            lab.clock.advance(next_attempt_at.since(lab.clock.now()));
        }
    }
    let info = lab.info(id).await;
    assert_eq!(info.state, failed(FailReason::Exhausted));
    assert!(info.attempts().iter().all(|attempt| attempt.outcome == AttemptOutcome::Lost));
    assert_eq!(lab.stage.started().len(), 4);
}

async fn a_lease_is_renewed_while_the_attempt_is_running(lab: Lab) {
    let (id, _worker) = lab.hang(repeatable::task("a".into())).await;
    let lease =
        async || lab.tasks.store().load(id, false).await.expect("read").expect("there").0.run_at;
    for _ in 0..10 {
        let before = lease().await;
        lab.clock.advance(seconds(6));
        while lease().await == before {
            lab.look().await;
        }
    }
    let info = lab.info(id).await;
    let found = (info.state, info.attempts().len());
    assert_eq!(found, (State::Running, 1), "after twice its first lease");
}

async fn a_worker_does_not_lose_its_own_attempts_when_the_clock_leaps(lab: Lab) {
    let (id, _worker) = lab.hang(once::task("a".into(), None)).await;
    for _ in 0..20 {
        // The worker searches for due tasks at the moment at which its own lease runs out.
        let other = lab.submit(repeatable::task("other".into())).await;
        lab.clock.advance(seconds(31));
        lab.until_ended(other).await;
        assert_eq!(lab.info(id).await.state, State::Running);
    }
    assert_eq!(lab.info(id).await.attempts().len(), 1);
}

async fn a_shutdown_returns_running_tasks_at_once(lab: Lab) {
    let (id, worker) = lab.hang(repeatable::task("a".into())).await;
    worker.shutdown(seconds(0)).await;
    let info = lab.info(id).await;
    assert_eq!(info.state, State::Pending);
    assert_eq!(info.attempts()[0].outcome, AttemptOutcome::Lost);
    assert_eq!(info.max_retries, Some(4), "it is not held against the task");
    // The clock stands still: the task is due at once.
    lab.work();
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
}

async fn a_shutdown_waits_for_attempts_that_end_in_time(lab: Lab) {
    let worker = lab.worker();
    let ids = lab.submit_plays(["a"; 20]).await;
    lab.until_started(1).await;
    worker.shutdown(seconds(60)).await;
    for id in ids {
        let state = lab.info(id).await.state;
        assert!(matches!(state, State::Complete | State::Pending), "{state}");
    }
}

async fn a_shutdown_fails_running_tasks_that_must_not_be_repeated(lab: Lab) {
    let (id, worker) = lab.hang(once::task("a".into(), None)).await;
    worker.shutdown(seconds(0)).await;
    assert_eq!(lab.info(id).await.state, failed(FailReason::Ambiguous));
}

async fn a_worker_may_start_under_the_name_of_another(lab: Lab) {
    let id = lost(&lab, repeatable::task("a".into())).await;
    // They have the name of the crashed worker, and of each other.
    let _workers = [lab.worker(), lab.worker()];
    let other = lab.submit(repeatable::task("b".into())).await;
    assert_eq!(lab.until_ended(other).await.state, State::Complete);
    assert_eq!(lab.info(id).await.state, State::Running, "its lease is not theirs");
    lab.clock.advance(seconds(30));
    assert_eq!(lab.play(id).await.state, State::Complete);
}

async fn a_thread_keeps_its_slot_after_its_task_was_cancelled(lab: Lab) {
    lab.stage.script("a", &[Act::Block]);
    lab.work();
    let first = lab.submit(narrow::task("a".into())).await;
    lab.until_started(1).await;
    lab.tasks.cancel(first).await.expect("it is running");
    let second = lab.submit(narrow::task("b".into())).await;
    // The worker has had time to start it.
    for play in ["c", "d"] {
        let other = lab.submit(repeatable::task(play.into())).await;
        lab.until_ended(other).await;
    }
    assert_eq!(lab.stage.started(), ["a", "c", "d"], "one at a time");
    lab.stage.open();
    assert_eq!(lab.until_ended(second).await.state, State::Complete);
    assert_eq!(lab.info(first).await.state, State::Cancelled, "its result does not count");
}

async fn a_thread_keeps_its_lease_after_its_worker_was_shut_down(lab: Lab) {
    lab.stage.script("a", &[Act::Block]);
    let worker = lab.worker();
    let id = lab.submit(narrow::task("a".into())).await;
    lab.until_started(1).await;
    worker.shutdown(seconds(0)).await;
    lab.work();
    for _ in 0..20 {
        let other = lab.submit(repeatable::task("b".into())).await;
        lab.clock.advance(seconds(6));
        lab.until_ended(other).await;
        assert_eq!(lab.info(id).await.state, State::Running, "no other worker starts it");
    }
    lab.stage.open();
    let info = lab.until_ended(id).await;
    assert_eq!((info.state, info.attempts().len()), (State::Complete, 1));
}

async fn a_clock_that_is_set_forward_takes_no_lease_away(lab: Lab) {
    let (id, worker) = lab.hang(once::task("a".into(), None)).await;
    worker.abandon().await;
    lab.work();
    for _ in 0..3 {
        lab.clock.step(seconds(120));
        let other = lab.submit(repeatable::task("b".into())).await;
        lab.until_ended(other).await;
        assert_eq!(lab.info(id).await.state, State::Running, "no time has passed");
    }
    lab.clock.advance(seconds(30));
    assert_eq!(lab.until_ended(id).await.state, failed(FailReason::Ambiguous));
}

async fn two_workers_share_the_tasks(lab: Lab) {
    let tasks = if lab.is_manual() { 200 } else { 40 };
    let _workers = [lab.worker(), lab.worker()];
    for id in lab.submit_plays(0..tasks).await {
        assert_eq!(lab.until_ended(id).await.state, State::Complete);
    }
    let mut started = lab.stage.started();
    started.sort_unstable();
    started.dedup();
    assert_eq!((started.len(), lab.stage.started().len()), (tasks, tasks), "each of them once");
}

async fn delayed_retries_of_many_tasks_are_neither_lost_nor_repeated(lab: Lab) {
    const TASKS: usize = 150;
    for play in 0..TASKS {
        lab.stage.script(&play.to_string(), &[FAIL, FAIL]);
    }
    lab.submit_plays(0..TASKS).await;
    let _workers = [lab.worker(), lab.worker()];
    for (round, delay) in [(1, 1), (2, 2), (3, 0)] {
        let mut events = lab.tasks.events();
        let settled = async || {
            let counts = lab.tasks.counts().await.expect("counted");
            counts.waiting + counts.complete == TASKS as u64
        };
        while !settled().await || lab.stage.started().len() < round * TASKS {
            // A missed event is a reason to look as well.
            let _ = events.recv().await;
        }
        assert_eq!(lab.stage.started().len(), round * TASKS, "each of them once, round {round}");
        lab.clock.advance(seconds(delay));
    }
    let counts = lab.tasks.counts().await.expect("counted");
    assert_eq!((counts.complete, counts.total()), (TASKS as u64, TASKS as u64));
    let mut plays = lab.stage.started();
    plays.sort_unstable();
    assert!(plays.chunk_by(|a, b| a == b).all(|attempts| attempts.len() == 3), "three of each");
}
