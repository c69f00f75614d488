use std::cell::Cell;

use retry_runtime::{Interruption, Kind, Kinds, Policy, PolicyError, Report, StopReason, observe};

use super::{Failure, every, ms, secs};

/// A call whose attempts never end.
async fn hang(policy: Policy) -> (Result<(), Failure>, Report) {
    observe(policy.call_async(|_| std::future::pending())).await
}

#[tokio::test(start_paused = true)]
async fn an_idempotent_call_is_retried_after_a_timeout() {
    let policy = every(secs(1), 3).timeout(secs(5)).idempotent(true);
    let (result, report) = hang(policy).await;
    assert_eq!(result, Err(Failure::Cut(Interruption::TimedOut { after: secs(5) })));
    assert_eq!((report.attempts_made(), report.reason), (3, StopReason::Exhausted));
    assert_eq!(report.total, secs(17));
    assert!(report.attempts.iter().all(|attempt| attempt.duration == Some(secs(5))));
    assert!(report.attempts.iter().all(|attempt| attempt.kind == Some(Kind::Ambiguous)));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_idempotent_ends_at_its_first_timeout() {
    let policy = every(secs(1), 3).timeout(secs(5)).idempotent(false);
    let (_, report) = hang(policy).await;
    assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Ambiguous));
    assert_eq!(report.total, secs(5));
}

#[tokio::test(start_paused = true)]
async fn ambiguous_among_the_retried_kinds_declares_the_call_idempotent() {
    let kinds = Kinds::NONE.with(Kind::Ambiguous);
    let (_, report) = hang(every(secs(1), 2).timeout(secs(5)).on(kinds)).await;
    assert_eq!((report.attempts_made(), report.reason), (2, StopReason::Exhausted));
}

#[test]
fn a_timeout_requires_idempotent_to_be_set() {
    let policy = every(secs(1), 3).timeout(secs(5));
    assert_eq!(policy.validate(), Err(PolicyError::TimeoutUndeclared));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_limited_by_its_timeout_or_the_time_left() {
    let policy = every(secs(1), 9).timeout(secs(5)).deadline(secs(8)).idempotent(true);
    let (result, report) = hang(policy).await;
    assert_eq!(result, Err(Failure::Cut(Interruption::DeadlinePassed)));
    assert_eq!((report.reason, report.total), (StopReason::Deadline, secs(8)));
    let durations: Vec<_> = report.attempts.iter().map(|attempt| attempt.duration).collect();
    assert_eq!(durations, [Some(secs(5)), Some(secs(2))]);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_does_not_cover_the_sleep() {
    let policy = every(secs(9), 2).timeout(secs(5)).idempotent(true);
    let call = policy.call_async(|_| async { Err::<(), _>(Failure::Refused) });
    let (result, report) = observe(call).await;
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!((report.attempts_made(), report.total), (2, secs(9)));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_ends_exactly_at_its_timeout_has_not_timed_out() {
    let policy = every(ms(1), 2).timeout(secs(5)).idempotent(true);
    let call = policy.call_async(|attempt| async move {
        tokio::time::sleep(secs(5)).await;
        Ok::<_, Failure>(attempt.number())
    });
    assert_eq!(call.await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_timed_out_attempt_is_dropped_before_the_next_one_starts() {
    struct Running<'a>(&'a Cell<u32>);
    impl Drop for Running<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() - 1);
        }
    }
    let running = Cell::new(0);
    let policy = every(ms(1), 3).timeout(secs(5)).idempotent(true);
    let call = policy.call_async(|_| async {
        running.set(running.get() + 1);
        let _running = Running(&running);
        assert_eq!(running.get(), 1, "one attempt at a time");
        std::future::pending::<Result<(), Failure>>().await
    });
    assert_eq!(call.await, Err(Failure::Cut(Interruption::TimedOut { after: secs(5) })));
    assert_eq!(running.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn each_kind_is_retried_as_documented() {
    let check = async |failure: Failure, idempotent: Option<bool>, reason: StopReason| {
        let policy = every(ms(1), 2);
        let policy = idempotent.map_or(policy, |idempotent| policy.idempotent(idempotent));
        let (_, report) = observe(policy.call_async(|_| async { Err::<(), _>(failure) })).await;
        assert_eq!(report.reason, reason, "{failure:?}, idempotent: {idempotent:?}");
        let retried = reason == StopReason::Exhausted;
        assert_eq!(report.attempts_made(), if retried { 2 } else { 1 }, "{failure:?}");
    };
    for idempotent in [None, Some(false), Some(true)] {
        check(Failure::Refused, idempotent, StopReason::Exhausted).await;
        check(Failure::Busy { wait: None }, idempotent, StopReason::Exhausted).await;
        check(Failure::Shedding, idempotent, StopReason::Overloaded).await;
        check(Failure::Unknown, idempotent, StopReason::Permanent).await;
    }
    check(Failure::Reset, None, StopReason::Ambiguous).await;
    check(Failure::Reset, Some(false), StopReason::Ambiguous).await;
    check(Failure::Reset, Some(true), StopReason::Exhausted).await;
}
