use std::collections::HashSet;

use retry_runtime::{Attempt, Kind, Policy, StopReason, observe_blocking, retryable};

use super::{Failure, every, ms, secs};
use crate::virtual_time::{advance, virtually};

#[test]
fn the_body_of_a_sync_call_may_mutate_borrowed_values() {
    let mut log = vec![0];
    let result = virtually(|| {
        every(ms(1), 3).call(|attempt| {
            log.push(attempt.number());
            if attempt.is_last() { Ok(log.len()) } else { Err(Failure::Refused) }
        })
    });
    assert_eq!((result, log), (Ok(4), vec![0, 1, 2, 3]));
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_async_call_may_mutate_borrowed_values() {
    let mut log = vec![0];
    let policy = every(ms(1), 3);
    let call = policy.call_async_mut(async |attempt| {
        log.push(attempt.number());
        tokio::task::yield_now().await;
        if attempt.is_last() { Ok(log.len()) } else { Err(Failure::Refused) }
    });
    assert_eq!(call.await, Ok(4));
    assert_eq!(log, [0, 1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_async_call_can_be_spawned() {
    let mut calls = 0;
    // The policy is copied, so a temporary one works.
    let task = tokio::spawn(every(ms(0), 3).deadline(secs(60)).call_async(move |attempt| {
        calls += 1;
        async move {
            tokio::task::yield_now().await;
            if attempt.is_last() { Ok(calls) } else { Err(Failure::Refused) }
        }
    }));
    assert_eq!(task.await.unwrap(), Ok(3));
}

#[test]
fn an_attempt_knows_its_number_its_limit_the_time_left_and_the_last_failure() {
    #[retryable(max = 2, base = "1s", jitter = none, deadline = "10s", attempt = attempt)]
    fn noted(log: &mut Vec<Attempt>) -> Result<(), Failure> {
        advance(secs(1));
        assert_eq!(attempt.remaining(), Some(secs([9, 7, 4][log.len()])));
        log.push(attempt);
        Err(if log.len() == 1 { Failure::Refused } else { Failure::Busy { wait: None } })
    }
    let mut log = Vec::new();
    assert!(virtually(|| noted(&mut log)).is_err());
    let numbers: Vec<_> = log.iter().map(Attempt::number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(log.iter().all(|attempt| attempt.limit() == Some(3)));
    let last: Vec<_> = log.iter().map(Attempt::is_last).collect();
    assert_eq!(last, [false, false, true]);
    let kinds: Vec<_> = log.iter().map(Attempt::last_kind).collect();
    assert_eq!(kinds, [None, Some(Kind::Transient), Some(Kind::Throttled)]);
}

#[test]
fn an_attempt_without_limits_has_none() {
    let policy = every(ms(400), 1).unlimited().deadline(secs(1));
    let mut limits = HashSet::new();
    let call = || {
        policy.call(|attempt| {
            limits.insert((attempt.limit(), attempt.is_last()));
            Err::<(), _>(Failure::Refused)
        })
    };
    let (_, report) = virtually(|| observe_blocking(call));
    assert_eq!((report.attempts_made(), report.reason), (3, StopReason::Deadline));
    assert_eq!(limits, HashSet::from([(None, false)]));
    let once = every(ms(1), 1);
    assert_eq!(once.call(|attempt| Ok::<_, Failure>(attempt.remaining())), Ok(None));
}

#[test]
fn a_call_id_is_the_same_in_every_attempt_and_in_no_other_call() {
    let ids = || {
        let mut ids = HashSet::new();
        let _ = virtually(|| {
            every(ms(1), 3).call(|attempt| {
                ids.insert(attempt.call_id());
                Err::<(), _>(Failure::Refused)
            })
        });
        ids
    };
    let calls: Vec<_> = (0..100).map(|_| ids()).collect();
    assert!(calls.iter().all(|ids| ids.len() == 1));
    assert_eq!(calls.into_iter().flatten().collect::<HashSet<_>>().len(), 100);
}

#[test]
fn a_limit_of_u32_max_attempts_is_never_reached() {
    for policy in [
        Policy::new().max(u32::MAX - 2),
        Policy::new().attempts(u32::MAX - 1),
        Policy::new().max(u32::MAX),
        Policy::new().attempts(u32::MAX),
        Policy::new().max(u32::MAX).deadline(secs(3)),
        Policy::new().attempts(u32::MAX).deadline(secs(3)),
    ] {
        let policy = policy.base(ms(0)).cap(ms(0));
        let tenth = |attempt: Attempt| {
            if attempt.number() == 10 { Ok(()) } else { Err(Failure::Refused) }
        };
        let (result, report) = virtually(|| observe_blocking(|| policy.call(tenth)));
        assert_eq!((result, report.attempts_made()), (Ok(()), 10));
    }
}

#[test]
fn an_invalid_policy_fails_no_call_and_the_nearest_valid_one_applies() {
    let mut made = 0;
    let result = Policy::new().max(2).base(ms(0)).factor(0.5).call(|_| {
        made += 1;
        Err::<(), _>(Failure::Refused)
    });
    assert_eq!((result, made), (Err(Failure::Refused), 3));
}

#[test]
fn a_timeout_has_no_effect_on_a_sync_call() {
    let policy = every(ms(1), 1).timeout(ms(1)).idempotent(true);
    let call = policy.call(|_| {
        std::thread::sleep(ms(5));
        Ok::<_, Failure>(7)
    });
    assert_eq!(call, Ok(7));
}
