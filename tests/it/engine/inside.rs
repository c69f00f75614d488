//! A call inside another call: which call times out, which is observed, and which deadline holds.

use std::cell::Cell;
use std::future::pending;
use std::time::Duration;

use retry_runtime::{
    Classify, Interruption, Policy, StopReason, observe, observe_blocking, retryable,
};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum Trouble {
    #[error("busy")]
    #[classify(transient)]
    Busy,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(deadline = "10s", max = 0)]
async fn hangs() -> Result<u32, Trouble> {
    pending().await
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_times_out_together_with_an_inner_call_is_not_retried() {
    #[retryable(max = 3, base = "1ms", on = any, timeout = "1s", idempotent = false)]
    async fn outer(runs: &Cell<u32>) -> Result<u32, Trouble> {
        runs.set(runs.get() + 1);
        hangs().await
    }
    let runs = Cell::new(0);
    let (result, report) = observe(outer(&runs)).await;
    assert!(matches!(result, Err(Trouble::Interrupted(_))));
    assert_eq!((runs.get(), report.reason), (1, StopReason::Ambiguous));
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_together_with_an_inner_call_is_the_reason() {
    #[retryable(max = 3, deadline = "1s")]
    async fn out_of_time() -> Result<u32, Trouble> {
        hangs().await
    }
    let (result, report) = observe(out_of_time()).await;
    assert!(matches!(result, Err(Trouble::Interrupted(Interruption::DeadlinePassed))));
    assert_eq!(report.reason, StopReason::Deadline);
}

#[tokio::test(start_paused = true)]
async fn when_is_asked_about_a_timed_out_attempt() {
    #[retryable(max = 2, base = "1ms", timeout = "1s", idempotent, on = Transient,
        when = |error| !matches!(error, Trouble::Interrupted(_)))]
    async fn refuses() -> Result<u32, Trouble> {
        pending().await
    }
    let (_, report) = observe(refuses()).await;
    assert_eq!((report.attempts_made(), report.reason), (1, StopReason::Permanent));
}

#[test]
fn the_report_describes_the_call_and_not_a_call_inside_recover() {
    #[retryable(max = 0)]
    fn helper() -> Result<u32, Trouble> {
        Ok(7)
    }
    fn instead(_: Trouble) -> Result<u32, Trouble> {
        helper()
    }
    #[retryable(max = 1, base = "0s", recover = instead)]
    fn fails() -> Result<u32, Trouble> {
        Err(Trouble::Busy)
    }
    let (result, report) = observe_blocking(fails);
    assert_eq!(result, Ok(7));
    assert_eq!((report.attempts_made(), report.reason), (2, StopReason::Exhausted));
}

#[tokio::test(start_paused = true)]
async fn the_report_describes_the_call_even_if_recover_is_async() {
    #[retryable(max = 0)]
    async fn helper_later() -> Result<u32, Trouble> {
        Ok(7)
    }
    async fn instead(_: Trouble) -> Result<u32, Trouble> {
        helper_later().await
    }
    #[retryable(max = 1, base = "0s", recover = instead)]
    async fn fails_later() -> Result<u32, Trouble> {
        Err(Trouble::Busy)
    }
    let (result, report) = observe(fails_later()).await;
    assert_eq!(result, Ok(7));
    assert_eq!((report.attempts_made(), report.reason), (2, StopReason::Exhausted));
}

#[test]
fn a_call_in_the_hook_inherits_the_deadline() {
    thread_local! { static LEFT: Cell<Option<Duration>> = const { Cell::new(None) }; }
    fn hook(_: &retry_runtime::Retry<'_, Result<u32, Trouble>>) {
        let _ = Policy::new().max(0).call(|attempt| {
            LEFT.set(attempt.remaining());
            Ok::<_, std::io::Error>(())
        });
    }
    #[retryable(max = 1, base = "0s", deadline = "5s", on_retry = hook)]
    fn fails_in_time() -> Result<u32, Trouble> {
        Err(Trouble::Busy)
    }
    assert_eq!(fails_in_time(), Err(Trouble::Busy));
    assert!(LEFT.get().is_some_and(|left| left <= Duration::from_secs(5)));
}

#[test]
fn a_task_polled_inside_a_blocking_call_does_not_inherit_its_context() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let task = runtime.spawn(async {
        let left =
            Policy::new().max(0).call(|attempt| Ok::<_, std::io::Error>(attempt.remaining()));
        left.unwrap()
    });
    let policy = Policy::new().max(0).deadline(Duration::from_secs(60));
    let result = policy.call(|_| {
        runtime.block_on(async {
            tokio::task::yield_now().await;
            Ok::<_, std::io::Error>(())
        })
    });
    assert!(result.is_ok());
    assert_eq!(runtime.block_on(task).unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn attempts_without_pauses_let_other_tasks_run_on_a_paused_clock() {
    let local = tokio::task::LocalSet::new();
    let seen = local
        .run_until(async {
            let flag = std::rc::Rc::new(Cell::new(false));
            let other = flag.clone();
            tokio::task::spawn_local(async move { other.set(true) });
            let policy = Policy::new().max(10_000).base(Duration::ZERO);
            let made: Result<u32, std::io::Error> = policy
                .call_async(|attempt| {
                    let done = flag.get();
                    async move {
                        if done {
                            Ok(attempt.number())
                        } else {
                            Err(std::io::ErrorKind::WouldBlock.into())
                        }
                    }
                })
                .await;
            made.unwrap()
        })
        .await;
    assert!(seen < 100, "after {seen} attempts");
}

#[test]
fn a_hook_that_outlasts_the_deadline_costs_one_token() {
    fn slow(_: &retry_runtime::Retry<'_, Result<u32, Trouble>>) {
        crate::virtual_time::advance(Duration::from_secs(2));
    }
    #[retryable(max = 3, base = "0s", deadline = "1s", budget = grpc, on_retry = slow, name = "inside::grpc")]
    fn fails_twice() -> Result<u32, Trouble> {
        Err(Trouble::Busy)
    }
    crate::virtual_time::virtually(|| assert_eq!(fails_twice(), Err(Trouble::Busy)));
    assert_eq!(retry_runtime::budget("inside::grpc").unwrap().available(), 9.0);
}
