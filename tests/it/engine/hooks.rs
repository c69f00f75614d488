use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use retry_runtime::{Jitter, Policy, Retry, StopReason, observe, observe_blocking, retryable};

use super::{Failure, ms, ready, secs};
use crate::virtual_time::{self, advance, virtually};

type Log = RefCell<Vec<String>>;

#[retryable(max = 2, base = "1s", jitter = none, on_retry = |retry| log.borrow_mut().push(format!(
    "{} of {:?} failed ({}, {}), again in {:?}",
    retry.attempt(), retry.limit(), retry.error().unwrap(), retry.kind(), retry.delay(),
)))]
async fn told(log: &Log) -> Result<(), Failure> {
    log.borrow_mut().push("attempt".to_owned());
    Err(Failure::Refused)
}

#[tokio::test(start_paused = true)]
async fn the_hook_is_called_before_each_sleep_and_not_after_the_last_attempt() {
    let log = Log::default();
    let first = "1 of Some(3) failed (connection refused, transient), again in 1s";
    let second = "2 of Some(3) failed (connection refused, transient), again in 2s";
    let asleep = tokio::time::timeout(ms(500), told(&log)).await;
    assert!(asleep.is_err());
    assert_eq!(log.take(), ["attempt", first]);
    assert!(told(&log).await.is_err());
    assert_eq!(log.take(), ["attempt", first, "attempt", second, "attempt"]);
}

#[test]
fn a_retry_is_a_line_for_a_log_and_has_the_outcome_that_is_retried() {
    let lines = Log::default();
    let told = |retry: &Retry<'_, Result<u16, String>>| {
        lines.borrow_mut().push(format!("{retry} {:?}", retry.result()));
    };
    let mut outcomes = vec![Ok(200), Ok(503), Err("no route to http://me:secret@shop".to_owned())];
    let policy = Policy::new().max(2).base(secs(1)).jitter(Jitter::None);
    let call = policy.retrying_any(|_| outcomes.pop().unwrap()).retry_if(|status| *status == 503);
    assert_eq!(virtually(|| call.on_retry(told).run()), Ok(200));
    let failed = "attempt 1 of 3 failed: no route to http://shop; retry in 1.0 s \
        Err(\"no route to http://me:secret@shop\")";
    let rejected = "attempt 2 of 3 returned a value that is no success; retry in 2.0 s Ok(503)";
    assert_eq!(lines.take(), [failed, rejected]);

    let policy = policy.forever().base(Duration::ZERO);
    let mut left = 1;
    let call = policy.retrying_any(|_| {
        if left == 0 {
            Ok(200)
        } else {
            left -= 1;
            Err("busy".to_owned())
        }
    });
    assert_eq!(call.on_retry(told).run(), Ok(200));
    assert_eq!(lines.take(), ["attempt 1 failed: busy; retry in 0 ms Err(\"busy\")"]);
}

#[test]
fn the_hook_is_not_called_when_the_call_ends() {
    thread_local! {
        static HOOKS: Cell<u32> = const { Cell::new(0) };
    }
    #[retryable(max = 3, base = "1s", on_retry = |_| HOOKS.set(HOOKS.get() + 1))]
    fn at_once(out: Result<(), Failure>) -> Result<(), Failure> {
        out
    }
    assert_eq!(at_once(Ok(())), Ok(()));
    for failure in [Failure::Unknown, Failure::Reset, Failure::Shedding] {
        assert_eq!(at_once(Err(failure)), Err(failure));
    }
    assert_eq!(HOOKS.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_panics_does_not_fail_the_call() {
    #[retryable(
        max = 1, base = "1s", attempt = attempt, name = "hooks::panics",
        on_retry = |_| std::panic::resume_unwind(Box::new("on purpose"))
    )]
    async fn at_last() -> Result<u32, Failure> {
        if attempt.is_last() { Ok(attempt.number()) } else { Err(Failure::Refused) }
    }
    assert_eq!(at_last().await, Ok(2));
    let stats = retry_runtime::stats("hooks::panics").unwrap();
    assert_eq!((stats.calls(), stats.after_retry, stats.attempts), (1, 1, 2));
}

const POLICY: Policy = Policy::new().max(3).base(secs(1)).deadline(ms(1500));

/// A call whose hook takes this long.
#[retryable(policy = POLICY, jitter = none, on_retry = |_| advance(hook))]
fn slow_hook(calls: &Cell<u32>, hook: Duration) -> Result<(), Failure> {
    calls.set(calls.get() + 1);
    Err(Failure::Refused)
}

#[retryable(policy = POLICY, jitter = none, on_retry = |_| advance(hook))]
async fn slow_hook_async(calls: &Cell<u32>, hook: Duration) -> Result<(), Failure> {
    calls.set(calls.get() + 1);
    Err(Failure::Refused)
}

/// Makes a call with a delay of 1 s, a deadline of 1.5 s and a hook that takes `hook`; returns how often the body ran
/// and how long the call took.
#[track_caller]
fn check(hook: Duration, attempts: u32, total: Duration) {
    let calls = Cell::new(0);
    let blocking = || observe_blocking(|| slow_hook(&calls, hook));
    let polled = || ready(observe(slow_hook_async(&calls, hook)));
    let engines: [(&str, &dyn Fn() -> _); 2] = [("sync", &blocking), ("async", &polled)];
    for (engine, call) in engines {
        let (result, report) = virtually(call);
        assert_eq!(result, Err(Failure::Refused), "{engine}: {hook:?}");
        assert_eq!(calls.take(), attempts, "{engine}: {hook:?}");
        assert_eq!(report.reason, StopReason::Deadline, "{engine}: {report:?}");
        assert_eq!(report.total, total, "{engine}: {report:?}");
        assert_eq!(report.attempts_made(), attempts, "{engine}: {report:?}");
        assert_eq!(report.last().unwrap().delay, None, "{engine}: not slept: {report:?}");
    }
}

#[test]
fn the_time_of_a_hook_is_part_of_the_pause() {
    check(ms(0), 2, secs(1));
    check(ms(300), 2, secs(1));
    check(ms(1000), 2, secs(1));
    check(ms(1400), 2, ms(1400));
}

#[test]
fn no_attempt_starts_after_a_hook_has_used_up_the_time() {
    check(ms(1500), 2, ms(1500));
    check(ms(1501), 1, ms(1501));
    check(secs(9), 1, secs(9));
}

#[test]
fn a_pause_keeps_its_length_however_long_the_hook_takes() {
    #[retryable(max = 1, base = "1s", jitter = none, on_retry = |_| advance(ms(300)))]
    fn starts(at: &RefCell<Vec<Duration>>, from: Instant) -> Result<(), Failure> {
        at.borrow_mut().push(virtual_time::now() - from);
        Err(Failure::Refused)
    }
    let at = RefCell::default();
    let result = virtually(|| starts(&at, virtual_time::now()));
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!(at.take(), [ms(0), ms(1000)]);
}
