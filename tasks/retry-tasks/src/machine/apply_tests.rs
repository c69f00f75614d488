use std::time::Duration;

use retry_runtime::{Delay, DelaySource, Kind};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;
use crate::record::NewTask;

const LEASE: Duration = Duration::from_secs(30);

fn task() -> Task {
    let new = NewTask {
        name: "machine::task".into(),
        arguments: "{}".into(),
        deadline: Some(Duration::from_secs(600)),
        key: Some("key".into()),
        limit: Some(4),
        ..NewTask::default()
    };
    Task::submit(new, at(0)).0
}

fn at(seconds: u64) -> Time {
    Time::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn ask(task: &mut Task, ask: Ask, now: Time) -> Reply {
    apply(task, ask, now).0
}

fn claim(nonce: u64) -> Ask {
    Ask::Claim(Claim::new("worker", LEASE).nonce(nonce))
}

fn delay() -> Delay {
    Delay { length: Duration::from_secs(1), source: DelaySource::Backoff }
}

fn progress(fraction: f64) -> Option<Progress> {
    Some(Progress { fraction: Some(fraction), message: Some("copying".into()) })
}

fn failed() -> AttemptEnd {
    AttemptEnd::Retry { kind: Kind::Transient, error: "down".into(), delay: delay() }
}

#[test]
fn a_claim_that_is_repeated_gets_the_same_attempt_and_another_one_learns_that_it_is_lost() {
    let mut task = task();
    assert_eq!(ask(&mut task, claim(1), at(0)), Reply::Claimed);
    let claimed = task.clone();
    assert_eq!(ask(&mut task, claim(1), at(1)), Reply::Claimed);
    assert_eq!(task, claimed, "nothing has changed");

    let Reply::Lost { task: record } = ask(&mut task, claim(2), at(2)) else { panic!("{task:?}") };
    assert_eq!((record.attempts, &task), (1, &claimed), "the worker judges");
    let lose = Ask::Lose { fence: record.fence, next: Next::Again(delay()) };
    let waiting = State::Waiting { next_attempt_at: at(3) };
    assert_eq!(ask(&mut task, lose, at(2)), Reply::Held(waiting));
    assert_eq!(task.attempts[0].outcome, AttemptOutcome::Lost);
    assert_eq!(ask(&mut task, claim(2), at(2)), Reply::NotDue(at(3)));
    assert_eq!(ask(&mut task, claim(2), at(3)), Reply::Claimed);
}

#[test]
fn a_late_end_counts_as_long_as_nobody_else_has_claimed_the_task() {
    let mut task = task();
    ask(&mut task, claim(1), at(0));
    let fence = task.record.fence;
    ask(&mut task, Ask::Lose { fence, next: Next::Again(delay()) }, at(40));
    let end = || Ask::End { fence, end: AttemptEnd::Succeeded("1".into()), progress: None };

    let mut late = task.clone();
    let (reply, told) = apply(&mut late, end(), at(41));
    assert_eq!(reply, Reply::Held(State::Complete));
    assert_eq!(told[0], Told::GoesOn(fence), "the history has the attempt once");
    assert_eq!(late.attempts.len(), 1);

    ask(&mut task, claim(2), at(41));
    let claimed = task.clone();
    assert_eq!(ask(&mut task, end(), at(41)), Reply::Gone(State::Running));
    assert_eq!(task, claimed);
}

#[test]
fn progress_belongs_to_the_attempt_that_has_reported_it() {
    let mut task = task();
    ask(&mut task, claim(1), at(0));
    let fence = task.record.fence;
    ask(&mut task, Ask::Renew { fence, progress: progress(0.5) }, at(1));
    assert_eq!(task.record.progress, progress(0.5));
    ask(&mut task, Ask::End { fence, end: failed(), progress: progress(1.0) }, at(2));
    assert_eq!(task.record.progress, None, "a task that waits is not complete");

    ask(&mut task, claim(2), at(10));
    assert_eq!(task.record.progress, None);
    let (fence, end) = (task.record.fence, AttemptEnd::Succeeded("1".into()));
    ask(&mut task, Ask::End { fence, end, progress: progress(0.7) }, at(11));
    assert_eq!(task.record.progress, progress(1.0), "the successful attempt's is kept");

    ask(&mut task, Ask::Order(Verb::Reset), at(12));
    ask(&mut task, claim(3), at(12));
    let fence = task.record.fence;
    ask(&mut task, Ask::Renew { fence, progress: progress(0.5) }, at(13));
    ask(&mut task, Ask::Order(Verb::Cancel), at(13));
    assert_eq!(task.record.progress, None);
}

#[test]
fn a_key_is_yielded_by_a_task_that_does_not_answer_for_it_and_can_be_taken_back() {
    let mut task = task();
    assert_eq!(ask(&mut task, Ask::YieldKey, at(0)), Reply::Answers(task.record.id));
    ask(&mut task, Ask::Order(Verb::Cancel), at(0));
    assert_eq!(ask(&mut task, Ask::YieldKey, at(0)), Reply::Yielded);
    assert_eq!((task.record.key.take(), task.record.lost_key.as_deref()), (None, Some("key")));
    ask(&mut task, Ask::RegainKey, at(0));
    assert_eq!((task.record.key.as_deref(), task.record.lost_key.take()), (Some("key"), None));
}

#[test]
fn the_history_keeps_the_last_thousand_attempts() {
    let mut task = task();
    task.record.deadline = None;
    for attempt in 0..1100 {
        assert_eq!(ask(&mut task, claim(attempt), at(2 * attempt)), Reply::Claimed);
        let end = Ask::End { fence: task.record.fence, end: failed(), progress: None };
        ask(&mut task, end, at(2 * attempt));
    }
    assert_eq!((task.attempts.len(), task.attempts[999].attempt), (1000, 1100));
}

/// Writes a value as JSON whose numbers have at most 64 bits, and reads it back.
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    // This conversion refuses a number of 128 bits.
    let json = serde_json::to_value(value).expect("written");
    assert_eq!(&serde_json::from_value::<T>(json).expect("read"), value);
    let text = serde_json::to_string(value).expect("written");
    assert_eq!(&serde_json::from_str::<T>(&text).expect("read"), value);
}

#[test]
fn everything_in_any_walk_through_the_machine_is_the_same_after_json() {
    let mut bits = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: u64| {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        (bits >> 11) % below
    };
    for _ in 0..15 {
        let (mut task, mut now) = (task(), 0);
        for _ in 0..60 {
            now += random(20);
            // Some tokens are those of earlier claims.
            let fence = task.record.fence.saturating_sub(random(4) / 3);
            let progress = progress(random(1000) as f64 / 997.0).filter(|_| random(2) == 0);
            let next = match random(3) {
                0 => Next::Again(delay()),
                1 => Next::Refused(Some(Duration::from_millis(random(5000)))),
                _ => Next::Stop(StopReason::Ambiguous),
            };
            let end = match random(10) {
                0 => AttemptEnd::Succeeded("144".into()),
                1 => AttemptEnd::Lost(next.clone()),
                2 => AttemptEnd::Panicked("boom".into(), next.clone()),
                3 => AttemptEnd::Returned,
                4 => AttemptEnd::HeldBack(Duration::from_millis(100)),
                5 => AttemptEnd::Snoozed(Duration::from_secs(1)),
                6 => AttemptEnd::misfit("`copy`"),
                7 => AttemptEnd::unreadable("damaged"),
                _ => failed(),
            };
            let verbs = [Verb::Cancel, Verb::Retry, Verb::RetryOnce, Verb::RetryPaced, Verb::Reset];
            let request = match random(12) {
                0..=3 => claim(random(u64::MAX)),
                4 => Ask::Renew { fence, progress },
                5..=7 => Ask::End { fence, end, progress },
                8 => Ask::Lose { fence, next },
                9 => Ask::Order(verbs[random(5) as usize]),
                10 => Ask::Expire,
                _ => [Ask::YieldKey, Ask::RegainKey, Ask::Repair][random(3) as usize].clone(),
            };
            round_trip(&request);
            let before = task.clone();
            let (reply, told) = apply(&mut task, request, at(now));
            if matches!(reply, Reply::Gone(_) | Reply::Refused(_) | Reply::NotDue(_)) {
                assert_eq!(task, before, "a refusal changes nothing");
            }
            round_trip(&task);
            round_trip(&reply);
            told.iter().for_each(round_trip);
        }
    }
}
