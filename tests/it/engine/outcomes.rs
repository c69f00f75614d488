use std::cell::Cell;

use retry_runtime::{
    Interruption, Kind, Kinds, Missing, Outcome, Policy, RetryError, StopReason, observe,
    observe_blocking, retryable,
};

use super::{Failure, every, ms, secs};
use crate::virtual_time::virtually;

#[retryable(max = 2, base = "1s", jitter = none, retry_if = |value| *value < 10)]
async fn counts(calls: &Cell<u32>, step: u32) -> Result<u32, Failure> {
    calls.set(calls.get() + 1);
    Ok(calls.get() * step)
}

#[tokio::test(start_paused = true)]
async fn a_value_that_retry_if_rejects_is_retried_and_the_last_one_is_returned() {
    let calls = Cell::new(0);
    let (result, report) = observe(counts(&calls, 1)).await;
    assert_eq!((result, calls.take()), (Ok(3), 3));
    assert_eq!(report.reason, StopReason::Exhausted);
    let kinds: Vec<_> = report.attempts.iter().map(|attempt| attempt.kind).collect();
    assert_eq!(kinds, [Some(Kind::Transient); 3]);
    assert_eq!(
        report.last().unwrap().error.as_deref(),
        Some("the value was not accepted by `retry_if`")
    );
    let (result, report) = observe(counts(&calls, 5)).await;
    assert_eq!((result, calls.take(), report.reason), (Ok(10), 2, StopReason::Success));
}

#[tokio::test(start_paused = true)]
async fn rejected_values_and_failures_share_the_attempts_of_a_call() {
    #[retryable(max = 2, base = "1s", jitter = none, retry_if = |value| *value == 0)]
    async fn mixed(calls: &Cell<u32>) -> Result<u32, Failure> {
        calls.set(calls.get() + 1);
        if calls.get() == 2 { Ok(0) } else { Err(Failure::Refused) }
    }
    let calls = Cell::new(0);
    assert_eq!(mixed(&calls).await, Err(Failure::Refused));
    assert_eq!(calls.get(), 3);
}

#[tokio::test(start_paused = true)]
async fn an_async_recover_is_called_once_with_the_report() {
    struct Desk {
        recovered: Cell<u32>,
    }
    impl Desk {
        #[retryable(max = 2, base = "1s", jitter = none, recover = Self::later)]
        async fn ask(&self, out: Result<&'static str, Failure>) -> Result<&'static str, Failure> {
            out
        }

        async fn later(
            &self,
            error: RetryError<Failure>,
            out: Result<&'static str, Failure>,
        ) -> Result<&'static str, Failure> {
            self.recovered.set(self.recovered.get() + 1);
            tokio::time::sleep(secs(1)).await;
            assert_eq!(out, Err(*error.error()));
            assert_eq!(error.attempts().len(), 3);
            assert_eq!(error.reason(), StopReason::Exhausted);
            Ok("later")
        }
    }
    let desk = Desk { recovered: Cell::new(0) };
    assert_eq!(desk.ask(Ok("now")).await, Ok("now"));
    assert_eq!(desk.recovered.get(), 0);
    let start = tokio::time::Instant::now();
    assert_eq!(desk.ask(Err(Failure::Refused)).await, Ok("later"));
    assert_eq!((desk.recovered.get(), start.elapsed()), (1, secs(4)));
}

#[tokio::test(start_paused = true)]
async fn recover_is_not_limited_by_the_deadline() {
    #[retryable(max = 2, base = "1s", jitter = none, deadline = "2s", recover = later)]
    async fn hangs() -> Result<&'static str, Failure> {
        std::future::pending().await
    }
    async fn later(error: Failure) -> Result<&'static str, Failure> {
        tokio::time::sleep(secs(60)).await;
        assert_eq!(error, Failure::Cut(Interruption::DeadlinePassed));
        Ok("later")
    }
    assert_eq!(hangs().await, Ok("later"));
}

#[test]
fn a_sync_call_that_is_cancelled_before_its_first_attempt_is_not_recovered() {
    #[retryable(max = 2, base = "1s", cancel = token, recover = give_up)]
    fn call(token: &retry_runtime::CancelToken) -> Result<u32, Failure> {
        Ok(1)
    }
    fn give_up(_: RetryError<Failure>, _: &retry_runtime::CancelToken) -> Result<u32, Failure> {
        panic!("a cancelled call is not recovered")
    }
    let token = retry_runtime::CancelToken::new();
    assert_eq!(call(&token), Ok(1));
    token.cancel();
    assert_eq!(call(&token), Err(Failure::Cut(Interruption::Cancelled)));
}

#[test]
fn none_is_a_transient_failure_of_an_option() {
    let (found, report) = virtually(|| observe_blocking(|| every(ms(1), 3).call(|_| None::<u32>)));
    assert_eq!((found, report.attempts_made()), (None, 3));
    assert_eq!(report.last().unwrap().error.as_deref(), Some("no value"));
    let third = |attempt: retry_runtime::Attempt| attempt.is_last().then(|| attempt.number());
    assert_eq!(virtually(|| every(ms(1), 3).call(third)), Some(3));
    let error = RetryErrorOf::of(every(ms(1), 1));
    assert_eq!(error.into_error(), Missing);
}

/// The error of a call that returned `None`, through the conversion that `report` generates.
struct RetryErrorOf;

impl RetryErrorOf {
    fn of(policy: Policy) -> RetryError<Missing> {
        const ONCE: Policy = every(ms(1), 1);
        assert_eq!(policy, ONCE);
        #[retryable(policy = ONCE, report)]
        fn none() -> Result<u32, RetryError<Missing>> {
            Err(Missing)
        }
        none().unwrap_err()
    }
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_option_is_none() {
    let policy = every(ms(1), 2).deadline(secs(1));
    let (found, report) =
        observe(policy.call_async(|_| std::future::pending::<Option<u32>>())).await;
    assert_eq!((found, report.reason), (None, StopReason::Deadline));
}

/// A user-defined outcome type.
#[derive(Debug, PartialEq)]
enum Reply {
    Done(u32),
    Failed(Failure),
}

impl Outcome for Reply {
    type Value = u32;
    type Error = Failure;

    fn as_result(&self) -> Result<&u32, &Failure> {
        match self {
            Reply::Done(value) => Ok(value),
            Reply::Failed(failure) => Err(failure),
        }
    }

    fn into_result(self) -> Result<u32, Failure> {
        match self {
            Reply::Done(value) => Ok(value),
            Reply::Failed(failure) => Err(failure),
        }
    }

    fn from_result(result: Result<u32, Failure>) -> Self {
        result.map_or_else(Reply::Failed, Reply::Done)
    }
}

#[tokio::test(start_paused = true)]
async fn a_user_defined_type_can_be_an_outcome() {
    #[retryable(max = 2, base = "1s", jitter = none, deadline = "9s", retry_if = |value| *value == 2)]
    async fn reply(calls: &Cell<u32>) -> Reply {
        calls.set(calls.get() + 1);
        match calls.get() {
            1 => Reply::Failed(Failure::Refused),
            n => Reply::Done(n),
        }
    }
    let calls = Cell::new(0);
    assert_eq!(reply(&calls).await, Reply::Done(3));
    let policy = every(ms(1), 2).deadline(secs(1));
    let cut = policy.call_async(|_| std::future::pending::<Reply>());
    assert_eq!(cut.await, Reply::Failed(Failure::Cut(Interruption::DeadlinePassed)));
}

#[test]
fn with_on_both_must_be_true_and_when_alone_replaces_classify() {
    #[retryable(max = 1, base = "0s", on = Transient, when = |error| *error == Failure::Refused)]
    fn both(calls: &Cell<u32>, failure: Failure) -> Result<(), Failure> {
        calls.set(calls.get() + 1);
        Err(failure)
    }
    #[retryable(max = 1, base = "0s", when = |error| *error == Failure::Unknown)]
    fn alone(calls: &Cell<u32>, failure: Failure) -> Result<(), Failure> {
        calls.set(calls.get() + 1);
        Err(failure)
    }
    let check = |call: fn(&Cell<u32>, Failure) -> Result<(), Failure>, failure, reason| {
        let calls = Cell::new(0);
        let (_, report) = observe_blocking(|| call(&calls, failure));
        assert_eq!(report.reason, reason, "{failure:?}");
        assert_eq!(calls.get(), if reason == StopReason::Exhausted { 2 } else { 1 });
    };
    check(both, Failure::Refused, StopReason::Exhausted);
    check(both, Failure::Busy { wait: None }, StopReason::Permanent);
    check(both, Failure::Unknown, StopReason::Permanent);
    check(alone, Failure::Unknown, StopReason::Exhausted);
    check(alone, Failure::Refused, StopReason::Permanent);
}

/// The reason and the number of attempts of a call whose attempts all fail like this.
fn ended(policy: Policy, failure: Failure) -> (StopReason, u32) {
    let call = || policy.call(|_| Err::<(), _>(failure));
    let (_, report) = observe_blocking(call);
    (report.reason, report.attempts_made())
}

#[test]
fn only_failures_of_the_kinds_in_on_are_retried() {
    let at_once = every(ms(0), 3);
    let only = |kind| at_once.on(Kinds::NONE.with(kind));
    let (refused, busy) = (Failure::Refused, Failure::Busy { wait: None });
    assert_eq!(ended(only(Kind::Transient), refused), (StopReason::Exhausted, 3));
    assert_eq!(ended(only(Kind::Transient), busy), (StopReason::Permanent, 1));
    assert_eq!(ended(only(Kind::Throttled), refused), (StopReason::Permanent, 1));
    assert_eq!(ended(only(Kind::Throttled), busy), (StopReason::Exhausted, 3));
}

#[test]
fn a_deadline_that_passed_inside_does_not_end_the_call_around_it() {
    let policy = every(ms(0), 3).idempotent(true);
    let failure = Failure::Cut(Interruption::DeadlinePassed);
    assert_eq!(ended(policy, failure), (StopReason::Exhausted, 3));
}
