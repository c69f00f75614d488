//! Workers that come to an end, one way or another.

use retry_runtime::Kind;

use crate::stage::{Act, once, repeatable};
use crate::{Lab, seconds};
use retry_tasks::{AttemptOutcome, FailReason, State, TaskId, Worker};

crate::list! {
    an_attempt_that_is_lost_is_followed_by_another_where_that_does_no_harm
    an_attempt_that_is_lost_ends_the_task_where_a_repetition_would_do_harm
    a_task_that_ends_every_worker_fails_in_the_end
    a_lease_is_renewed_for_as_long_as_the_attempt_runs
    a_worker_does_not_take_its_own_attempts_for_lost_when_time_leaps
    a_shutdown_gives_back_at_once_what_still_runs
    a_shutdown_waits_for_what_ends_in_time
    a_shutdown_ends_what_must_not_be_repeated
    a_worker_may_start_under_the_name_of_another
    two_workers_share_the_tasks
    delayed_retries_of_many_are_neither_lost_nor_repeated
}

/// A task whose attempt runs in a worker that is then gone.
async fn lost(lab: &Lab, task: retry_tasks::Task<String>) -> TaskId {
    let id = lab.tasks.submit(task).await.expect("stored");
    let worker = lab.worker();
    running(lab, 1).await;
    worker.abandon().await;
    id
}

/// Waits until so many attempts have started.
async fn running(lab: &Lab, attempts: usize) {
    while lab.stage.started().len() < attempts {
        tokio::task::yield_now().await;
    }
}

async fn an_attempt_that_is_lost_is_followed_by_another_where_that_does_no_harm(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lost(&lab, repeatable::task("a".into())).await;
    assert_eq!(lab.info(id).await.state, State::Running, "nobody knows better yet");
    let _worker = lab.worker();
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

async fn an_attempt_that_is_lost_ends_the_task_where_a_repetition_would_do_harm(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lost(&lab, once::task("a".into(), None)).await;
    let _worker = lab.worker();
    lab.clock.advance(seconds(30));
    let info = lab.until_ended(id).await;
    assert_eq!(info.state, State::Failed { reason: FailReason::Ambiguous });
    assert_eq!(lab.stage.started().len(), 1);
    assert!(info.can_retry, "somebody may know that it did not happen");
}

async fn a_task_that_ends_every_worker_fails_in_the_end(lab: Lab) {
    lab.stage.script("a", &[Act::Hang; 9]);
    let id = lab.tasks.submit(repeatable::task("a".into())).await.expect("stored");
    for attempt in 1..=4 {
        let worker = lab.worker();
        running(&lab, attempt).await;
        worker.abandon().await;
        lab.clock.advance(seconds(30));
        let worker = lab.worker();
        let ended = |info: &retry_tasks::TaskInfo| info.state != State::Running;
        if let State::Waiting { next_attempt_at } = lab.until(id, ended).await.state {
            worker.shutdown(seconds(0)).await;
            lab.clock.advance(next_attempt_at.since(retry_tasks::Clock::now(&*lab.clock)));
        }
    }
    let info = lab.info(id).await;
    assert_eq!(info.state, State::Failed { reason: FailReason::Exhausted });
    assert!(info.attempts().iter().all(|attempt| attempt.outcome == AttemptOutcome::Lost));
    assert_eq!(lab.stage.started().len(), 4);
}

async fn a_lease_is_renewed_for_as_long_as_the_attempt_runs(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lab.tasks.submit(repeatable::task("a".into())).await.expect("stored");
    let _worker = lab.worker();
    running(&lab, 1).await;
    let lease = |lab: &Lab| {
        let store = std::sync::Arc::clone(lab.tasks.store());
        async move { store.load(id, false).await.expect("read").expect("there").0.run_at }
    };
    for _ in 0..10 {
        let before = lease(&lab).await;
        lab.clock.advance(seconds(6));
        while lease(&lab).await == before {
            tokio::task::yield_now().await;
        }
    }
    let info = lab.info(id).await;
    assert_eq!(
        (info.state, info.attempts().len()),
        (State::Running, 1),
        "after twice its first lease"
    );
}

async fn a_worker_does_not_take_its_own_attempts_for_lost_when_time_leaps(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lab.tasks.submit(once::task("a".into(), None)).await.expect("stored");
    let _worker = lab.worker();
    running(&lab, 1).await;
    for _ in 0..20 {
        // The worker looks for tasks at the very moment at which its lease runs out.
        let other = lab.tasks.submit(repeatable::task("other".into())).await.expect("stored");
        lab.clock.advance(seconds(31));
        lab.until_ended(other).await;
        assert_eq!(lab.info(id).await.state, State::Running);
    }
    assert_eq!(lab.info(id).await.attempts().len(), 1);
}

async fn a_shutdown_gives_back_at_once_what_still_runs(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lab.tasks.submit(repeatable::task("a".into())).await.expect("stored");
    let worker = lab.worker();
    running(&lab, 1).await;
    worker.shutdown(seconds(0)).await;
    let info = lab.info(id).await;
    assert_eq!(info.state, State::Pending);
    assert_eq!(info.attempts()[0].outcome, AttemptOutcome::Lost);
    assert_eq!(info.max_retries, Some(4), "it is not held against the task");
    // The clock stands still: the next worker waits for nothing.
    let _worker = lab.worker();
    assert_eq!(lab.until_ended(id).await.state, State::Complete);
}

async fn a_shutdown_waits_for_what_ends_in_time(lab: Lab) {
    let worker = lab.worker();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.push(lab.tasks.submit(repeatable::task("a".into())).await.expect("stored"));
    }
    running(&lab, 1).await;
    worker.shutdown(seconds(60)).await;
    for id in ids {
        let state = lab.info(id).await.state;
        assert!(matches!(state, State::Complete | State::Pending), "{state}");
    }
}

async fn a_shutdown_ends_what_must_not_be_repeated(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lab.tasks.submit(once::task("a".into(), None)).await.expect("stored");
    let worker = lab.worker();
    running(&lab, 1).await;
    worker.shutdown(seconds(0)).await;
    assert_eq!(lab.info(id).await.state, State::Failed { reason: FailReason::Ambiguous });
}

async fn a_worker_may_start_under_the_name_of_another(lab: Lab) {
    lab.stage.script("a", &[Act::Hang]);
    let id = lost(&lab, repeatable::task("a".into())).await;
    // It has the name of the one that is gone, and of one that runs.
    let workers: [Worker; 2] = [lab.worker(), lab.worker()];
    let other = lab.tasks.submit(repeatable::task("b".into())).await.expect("stored");
    assert_eq!(lab.until_ended(other).await.state, State::Complete);
    assert_eq!(lab.info(id).await.state, State::Running, "its lease is not theirs");
    lab.clock.advance(seconds(30));
    assert_eq!(lab.play(id).await.state, State::Complete);
    drop(workers);
}

async fn two_workers_share_the_tasks(lab: Lab) {
    let workers = [lab.worker(), lab.worker()];
    let mut ids = Vec::new();
    for play in 0..200 {
        ids.push(lab.tasks.submit(repeatable::task(play.to_string())).await.expect("stored"));
    }
    for id in ids {
        assert_eq!(lab.until_ended(id).await.state, State::Complete);
    }
    let mut started = lab.stage.started();
    started.sort_unstable();
    started.dedup();
    assert_eq!((started.len(), lab.stage.started().len()), (200, 200), "each of them once");
    drop(workers);
}

async fn delayed_retries_of_many_are_neither_lost_nor_repeated(lab: Lab) {
    const TASKS: usize = 150;
    for play in 0..TASKS {
        lab.stage
            .script(&play.to_string(), &[Act::Fail(Kind::Transient), Act::Fail(Kind::Transient)]);
        lab.tasks.submit(repeatable::task(play.to_string())).await.expect("stored");
    }
    let workers = [lab.worker(), lab.worker()];
    for (round, delay) in [(1, 1), (2, 2), (3, 0)] {
        let mut events = lab.tasks.events();
        let settled = async || {
            let counts = lab.tasks.counts().await.expect("counted");
            counts.waiting + counts.complete == TASKS as u64
        };
        while !settled().await || lab.stage.started().len() < round * TASKS {
            // An event that was missed is as good as one that was not.
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
    drop(workers);
}
