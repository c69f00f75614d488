//! The pace of retries: a bucket of tokens for each function, in the store.

use std::time::Duration;

use retry_tasks::{FailReason, Filter, Format, Phase, State, TaskId, TaskInfo};

use crate::lab::{Lab, failed, seconds};
use crate::stage::{FAIL, budgeted, paced, starved};

crate::list! {
    [Bucket ManualTime] a_retry_without_a_token_is_held_back_and_nothing_is_written
    [Bucket ManualTime] held_tasks_get_tokens_in_the_order_in_which_they_were_held
    [Bucket ManualTime] tasks_of_a_short_outage_are_done_within_seconds_of_its_end
    [Bucket ManualTime] a_dependency_that_stays_dead_fails_its_tasks_within_16_minutes
    [Bucket ManualTime] the_number_of_workers_does_not_change_the_pace
    [Bucket ManualTime] a_hold_lasts_at_most_an_hour
}

/// Submits this many tasks while their dependency is down, and waits until their first attempts have failed.
async fn fail_at_first(lab: &Lab, tasks: usize) -> Vec<TaskId> {
    lab.stage.lock().is_down = true;
    let mut ids = Vec::new();
    for play in 0..tasks {
        ids.push(lab.submit(budgeted::task(play.to_string())).await);
    }
    while lab.tasks.counts().await.expect("counted").waiting < tasks as u64 {
        // Queries without a pause would starve the writer.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    ids
}

async fn ended(lab: &Lab, phase: Phase) -> u64 {
    let counts = lab.tasks.counts_by_function().await.expect("counted");
    counts.get("conformance::budgeted").map_or(0, |counts| counts.of(phase))
}

async fn a_retry_without_a_token_is_held_back_and_nothing_is_written(lab: Lab) {
    lab.work();
    let ids = fail_at_first(&lab, 30).await;
    lab.pass(seconds(2)).await;
    // The first retries have failed: 10 for the capacity, and 2 for the time.
    let info = |id| lab.info(id);
    let is_held = |info: &TaskInfo| matches!(info.state, State::HeldBack { .. });
    let mut held = Vec::new();
    for id in &ids {
        held.extend(Some(info(*id).await).filter(is_held));
    }
    let counts = lab.tasks.counts().await.expect("counted");
    assert_eq!(counts.held_back, held.len() as u64);
    assert!((15..=20).contains(&held.len()), "{} of 30", held.len());
    assert_eq!(held[0].state.to_string(), "held back by the budget");
    assert_eq!(held[0].attempts().len(), 1, "no attempt was made or refused");
    assert_eq!(counts.oldest_due, held.iter().filter_map(due_since).min());
    let fence =
        async |id| lab.tasks.store().load(id, false).await.expect("read").expect("there").0.fence;
    let last = held.iter().max_by_key(|info| due_since(info)).expect("some are held").id;
    let before = fence(last).await;
    lab.pass(seconds(1)).await;
    assert_eq!(fence(last).await, before);
    let listed = lab.tasks.list(Filter::new().phase(Phase::Waiting), Format::Minimal).await;
    assert!(listed.expect("listed").tasks.iter().any(is_held), "lists show it, too");
}

fn due_since(info: &TaskInfo) -> Option<retry_tasks::Time> {
    match info.state {
        State::HeldBack { since } => Some(since),
        _ => None,
    }
}

async fn held_tasks_get_tokens_in_the_order_in_which_they_were_held(lab: Lab) {
    lab.work();
    let plays = ["a", "b", "c", "d", "e", "f"];
    for play in plays {
        lab.stage.script(play, &[FAIL; 2]);
        // A later task with a greater priority does not overtake.
        let id = lab.submit(paced::task(play.into()).priority(play.len() as i32)).await;
        lab.until_ended(id).await;
        lab.clock.advance(Duration::from_millis(1));
    }
    // Each is retried at a time of its own, the last one first.
    for play in plays.iter().rev() {
        let page = lab.tasks.list(Filter::new().phase(Phase::Failed), Format::Full).await;
        let tasks = page.expect("listed").tasks;
        let is_it =
            |info: &&TaskInfo| info.arguments.as_ref().is_some_and(|it| it["play"] == *play);
        let at = tasks.iter().find(is_it).and_then(|info| info.created_at).expect("it has failed");
        let one = Filter::new().since(at).until(at + Duration::from_millis(1));
        assert_eq!(lab.tasks.retry_all(one).await, Ok(1));
        lab.clock.advance(Duration::from_millis(1));
    }
    for _ in 0..5 {
        lab.pass(seconds(1)).await;
    }
    let started = lab.stage.started();
    let retried: Vec<_> = started[6..].iter().filter(|play| *play != "marker").collect();
    assert_eq!(retried, ["f", "e", "d", "c", "b", "a"]);
}

async fn tasks_of_a_short_outage_are_done_within_seconds_of_its_end(lab: Lab) {
    const TASKS: usize = 300;
    lab.work();
    fail_at_first(&lab, TASKS).await;
    for _ in 0..3 {
        lab.pass(seconds(1)).await;
    }
    lab.stage.lock().is_down = false;
    for _ in 0..30 {
        // Attempts take no time on this clock: each success pays for another retry at once.
        lab.pass(Duration::from_millis(100)).await;
        if ended(&lab, Phase::Complete).await == TASKS as u64 {
            return;
        }
    }
    panic!("{} of {TASKS} are done 3 s after the outage", ended(&lab, Phase::Complete).await);
}

/// Moves the clock in steps until all these tasks have failed, and returns the time that this took.
async fn until_failed(lab: &Lab, tasks: usize) -> Duration {
    let (mut passed, step) = (Duration::ZERO, seconds(10));
    while ended(lab, Phase::Failed).await < tasks as u64 {
        lab.pass(step).await;
        passed += step;
        assert!(passed < seconds(2 * 3600), "{} have failed", ended(lab, Phase::Failed).await);
    }
    passed
}

async fn a_dependency_that_stays_dead_fails_its_tasks_within_16_minutes(lab: Lab) {
    const TASKS: usize = 300;
    lab.work();
    let ids = fail_at_first(&lab, TASKS).await;
    let passed = until_failed(&lab, TASKS).await;
    assert!(passed <= seconds(16 * 60), "{passed:?}");
    assert!(passed >= seconds(10 * 60), "a herd: {passed:?}");
    let info = lab.info(ids[0]).await;
    assert_eq!((info.state, info.attempts().len()), (failed(FailReason::Exhausted), 4));
}

async fn the_number_of_workers_does_not_change_the_pace(lab: Lab) {
    let _workers: Vec<_> = (0..4).map(|_| lab.worker()).collect();
    fail_at_first(&lab, 60).await;
    lab.pass(seconds(2)).await;
    for _ in 0..10 {
        lab.pass(seconds(1)).await;
    }
    let retries = lab.stage.started().iter().filter(|play| *play != "marker").count() - 60;
    assert!((20..=23).contains(&retries), "10 tokens and one a second, not {retries}");
}

async fn a_hold_lasts_at_most_an_hour(lab: Lab) {
    lab.stage.script("held", &[FAIL]);
    lab.stage.script("paid", &[FAIL; 2]);
    lab.work();
    let mut ids = Vec::new();
    for play in ["paid", "held"] {
        ids.push(lab.submit(starved::task(play.into())).await);
        lab.until_waiting(ids[ids.len() - 1]).await;
        lab.clock.advance(Duration::from_millis(1));
    }
    lab.pass(seconds(1)).await;
    let State::HeldBack { since } = lab.info(ids[1]).await.state else { panic!("it is not held") };
    let held_for = || lab.clock.now().since(since);
    while !lab.info(ids[1]).await.state.is_ended() {
        assert!(held_for() < seconds(3660), "still held");
        // The function succeeds again and again, so its dependency is not dead.
        let other = lab.submit(starved::task("other".into())).await;
        lab.until_ended(other).await;
        lab.pass(seconds(60)).await;
    }
    assert!(held_for() >= seconds(3600), "{:?}", held_for());
    assert_eq!(lab.info(ids[1]).await.state, State::Complete);
}
