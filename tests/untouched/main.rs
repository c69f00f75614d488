//! The default timers, used when no timer is installed. A process has one timer, so these tests have their own binary.
//!
//! Time cannot be paused outside of tokio, so the sleeps here are real and last a few milliseconds.

use std::borrow::Cow;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use retry_runtime::{
    Backoff, CancelToken, Classify, Interruption, Jitter, Policy, StopReason, history, observe,
    observe_blocking, redact_errors_with, retryable,
};

#[derive(Debug, PartialEq, Classify)]
enum Failure {
    #[classify(transient)]
    Refused,
    #[classify(inherit)]
    Cut(Interruption),
}

impl From<Interruption> for Failure {
    fn from(cut: Interruption) -> Self {
        Failure::Cut(cut)
    }
}

const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

const POLICY: Policy =
    Policy::new().backoff(Backoff::Fixed).base(ms(2)).jitter(Jitter::None).attempts(3);

/// Runs a future on this thread without an async runtime.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(out) => return out,
            Poll::Pending => thread::park(),
        }
    }
}

#[test]
fn an_async_call_needs_no_runtime() {
    let start = Instant::now();
    let call = POLICY.call_async(|_| async { Err::<(), _>(Failure::Refused) });
    let (result, report) = block_on(observe(call));
    assert_eq!(result, Err(Failure::Refused));
    assert_eq!((report.attempts_made(), report.reason), (3, StopReason::Exhausted));
    assert!(report.total >= ms(4) && start.elapsed() >= report.total);
}

#[test]
fn an_attempt_times_out_without_a_runtime() {
    let timed = POLICY.timeout(ms(3)).idempotent(true);
    let (result, report) = block_on(observe(timed.call_async(|_| pending())));
    let failure: Result<(), _> = result;
    assert_eq!(failure, Err(Failure::Cut(Interruption::TimedOut { after: ms(3) })));
    assert_eq!(report.attempts_made(), 3);
    let limited = POLICY.deadline(ms(50));
    let (result, report) = block_on(observe(limited.call_async(|_| pending())));
    let failure: Result<(), _> = result;
    assert_eq!(failure, Err(Failure::Cut(Interruption::DeadlinePassed)));
    assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Deadline));
}

#[test]
fn a_sleep_is_cancelled_without_a_runtime() {
    #[retryable(max = 1, base = "30s", jitter = none, cancel = token)]
    async fn call(token: CancelToken) -> Result<(), Failure> {
        Err(Failure::Refused)
    }
    let token = CancelToken::new();
    let canceller = token.clone();
    let mut call = pin!(call(token));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let cancelling = thread::spawn(move || canceller.cancel());
    assert_eq!(block_on(call), Err(Failure::Cut(Interruption::Cancelled)));
    cancelling.join().unwrap();
}

#[test]
fn a_sync_call_parks_its_thread_for_the_delay() {
    let start = Instant::now();
    let call = || POLICY.call(|_| Err::<(), _>(Failure::Refused));
    let (_, report) = observe_blocking(call);
    assert_eq!(report.attempts_made(), 3);
    assert!(start.elapsed() >= ms(4));
}

#[tokio::test(start_paused = true)]
async fn calls_inside_tokio_follow_its_paused_clock() {
    let start = Instant::now();
    let slow = POLICY.base(Duration::from_secs(30)).deadline(Duration::from_secs(100));
    let call = slow.call_async(|attempt| async move {
        if attempt.is_last() { pending().await } else { Err::<(), _>(Failure::Refused) }
    });
    let (result, report) = observe(call).await;
    assert_eq!(result, Err(Failure::Cut(Interruption::DeadlinePassed)));
    assert_eq!(report.total, Duration::from_secs(100));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_exhausts_tokios_cooperative_budget_still_times_out() {
    let limited = POLICY.deadline(ms(20));
    let call = limited.call_async(|_| async {
        let busy = async {
            loop {
                tokio::task::consume_budget().await;
            }
        };
        let clock = async {
            loop {
                tokio::time::advance(ms(1)).await;
            }
        };
        tokio::join!(busy, clock).0
    });
    let result: Result<(), _> = call.await;
    assert_eq!(result, Err(Failure::Cut(Interruption::DeadlinePassed)));
}

/// A runtime that was built without `enable_time`.
fn timeless() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

#[test]
fn a_runtime_without_a_time_driver_sleeps_all_the_same() {
    let runtime = timeless();
    for _ in 0..2 {
        let call = POLICY.call_async(|_| async { Err::<(), _>(Failure::Refused) });
        let (result, report) = runtime.block_on(observe(call));
        assert_eq!(result, Err(Failure::Refused));
        assert_eq!(report.attempts_made(), 3);
        assert!(report.total >= ms(4), "{report:?}");
    }
}

#[test]
fn limits_hold_in_a_runtime_without_a_time_driver() {
    let timed = POLICY.timeout(ms(3)).idempotent(true).deadline(ms(500));
    let result: Result<(), _> = timeless().block_on(timed.call_async(|_| pending()));
    assert_eq!(result, Err(Failure::Cut(Interruption::TimedOut { after: ms(3) })));
}

#[test]
fn a_paused_clock_is_followed_on_a_thread_that_has_met_a_runtime_without_a_time_driver() {
    let call = |policy: Policy| policy.call_async(|_| async { Err::<(), _>(Failure::Refused) });
    assert!(timeless().block_on(call(POLICY)).is_err());
    let mut paused = tokio::runtime::Builder::new_current_thread();
    let paused = paused.enable_time().start_paused(true).build().unwrap();
    let start = Instant::now();
    let (_, report) = paused.block_on(observe(call(POLICY.base(Duration::from_secs(30)))));
    assert!(report.total >= Duration::from_secs(60));
    assert!(start.elapsed() < Duration::from_secs(30));
}

/// A call that waits, and was polled once in a runtime that is gone.
fn orphaned(delay: Duration) -> std::pin::Pin<Box<dyn Future<Output = Result<u32, Failure>>>> {
    let policy = POLICY.base(delay);
    let mut call = Box::pin(policy.call_async(|attempt| async move {
        if attempt.number() == 1 { Err(Failure::Refused) } else { Ok(7) }
    }));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    });
    drop(runtime);
    call
}

#[test]
fn a_call_whose_runtime_is_dropped_goes_on_elsewhere() {
    assert_eq!(block_on(orphaned(ms(5))), Ok(7));
    for build in
        [timeless, || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()]
    {
        let start = Instant::now();
        assert_eq!(build().block_on(orphaned(ms(5))), Ok(7));
        assert!(start.elapsed() >= ms(5));
    }
}

#[test]
fn a_task_whose_runtime_is_dropped_ends_without_a_panic() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let policy = POLICY.base(Duration::from_secs(30));
    let call = policy.call_async(|_| async { Err::<(), _>(Failure::Refused) });
    let task = runtime.spawn(call);
    thread::sleep(ms(20));
    drop(runtime);
    let error = block_on(task).unwrap_err();
    assert!(error.is_cancelled(), "{error:?}");
}

#[test]
fn a_hook_that_makes_failing_calls_is_not_entered_again() {
    #[retryable(max = 1, base = "0s", on = any, name = "untouched::inner")]
    fn inner() -> Result<u32, String> {
        Err("inner hunter2".to_owned())
    }
    #[retryable(max = 1, base = "0s", on = any, name = "untouched::outer")]
    fn outer() -> Result<u32, String> {
        Err("outer hunter2".to_owned())
    }
    redact_errors_with(|text| {
        assert!(inner().is_err());
        redact_errors_with(|text| Cow::Owned(text.replace("hunter2", "***")));
        Cow::Owned(text.replace("hunter2", "---"))
    });
    let (_, report) = observe_blocking(outer);
    redact_errors_with(|text| Cow::Borrowed(text));
    let texts: Vec<_> = report.attempts.iter().map(|attempt| attempt.error.as_deref()).collect();
    assert_eq!(texts, [Some("outer ---"), Some("outer ***")]);
    let inside = &history("untouched::inner").unwrap()[0].report.attempts;
    assert!(inside.iter().all(|attempt| attempt.error.as_deref() == Some("(redacted)")));
}

/// An error type that nothing classifies, in a box.
#[derive(Debug, thiserror::Error)]
#[error("out of paper")]
struct Unknown;

#[retryable(max = 3, base = "0s", name = "untouched::print")]
fn print() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    Err(Unknown)?
}

#[test]
#[ignore = "started by the test below, which reads its output"]
fn a_tool_without_a_subscriber() {
    let _ = (print(), print());
}

#[test]
fn a_first_run_without_a_subscriber_says_why_it_does_not_retry() {
    let program = std::env::current_exe().expect("the test knows its program");
    let child = ["a_tool_without_a_subscriber", "--exact", "--ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(child).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr);
    let text = "retry_runtime: untouched::print: a call ended because its boxed error has no known type inside";
    assert_eq!(told.matches(text).count(), 1, "once, and not at each call: {told}");
    assert!(told.contains("`on = any`"), "{told}");
}
