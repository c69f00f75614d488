//! The arguments of the attribute that are functions or that name the function's own arguments.

use std::sync::Mutex;
use std::time::Duration;

use retry_runtime::{
    Attempt, CancelToken, Interruption, Retry, RetryError, StopReason, observe, retryable,
};
use tokio_util::sync::CancellationToken;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s", when = E::is_busy)]
fn when_path(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", when = |error| error.len() == 4)]
async fn when_closure(runs: &Runs) -> Result<u32, String> {
    runs.fail_later(2).await.map_err(|error| error.to_string())
}

#[retryable(base = "0s", on = Transient, when = |error: &E| !error.is_busy())]
fn when_and_on(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", when = |_| runs.count() < limit)]
async fn when_by_argument(runs: &Runs, limit: u32) -> Result<u32, E> {
    runs.fail_later(limit + 9).await
}

fn is_busy_text(text: &str) -> bool {
    text == "busy"
}

#[retryable(base = "0s", when = is_busy_text)]
async fn when_coerced(runs: &Runs) -> Result<u32, String> {
    runs.fail_later(2).await.map_err(|error| error.to_string())
}

#[retryable(base = "0s", when = check)]
async fn when_argument(runs: &Runs, check: impl Fn(&E) -> bool + Copy + Send) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s", when = move |error: &E| error.is_busy() && limit > 3)]
fn when_moved(runs: &Runs, limit: u32) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", retry_if = Vec::is_empty)]
fn retry_if_path(runs: &Runs) -> Result<Vec<u32>, E> {
    Ok(if runs.fail(2).is_ok() { vec![runs.count()] } else { Vec::new() })
}

#[retryable(base = "0s", retry_if = |run: &u32| *run < 3)]
async fn retry_if_closure(runs: &Runs) -> Option<u32> {
    runs.fail_later(0).await.ok()
}

#[retryable(base = "0s", retry_if = Option::is_none)]
async fn retry_if_none(runs: &Runs) -> Result<Option<u32>, E> {
    Ok(runs.fail_later(2).await.ok())
}

fn tell(retry: &Retry<'_, Result<u32, E>>) {
    assert_eq!(retry.error(), Some(&E::Busy));
}

#[retryable(base = "0s", on_retry = tell)]
fn on_retry_path(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s", on_retry = |retry| log.lock().unwrap().push(retry.attempt()))]
async fn on_retry_closure(runs: &Runs, log: &Mutex<Vec<u32>>) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s", attempt = this)]
fn attempt(runs: &Runs) -> Result<u32, E> {
    let context: Attempt = this;
    assert_eq!(context.limit(), Some(4));
    runs.fail(2)?;
    Ok(context.number())
}

#[retryable(base = "0s", attempt = attempt)]
async fn attempt_async(runs: &Runs, ids: &Mutex<Vec<String>>) -> Result<u32, E> {
    ids.lock().unwrap().push(attempt.call_id().to_string());
    runs.fail_later(2).await?;
    Ok(attempt.number())
}

fn back(failure: E, runs: &Runs, add: u32) -> Result<u32, E> {
    assert_eq!(failure, E::Busy);
    Ok(runs.count() + add)
}

#[retryable(max = 1, base = "0s", recover = back)]
fn recover(runs: &Runs, add: u32) -> Result<u32, E> {
    Ok(runs.fail(9)? + add)
}

async fn back_with_report(failure: RetryError<E>, _: &Runs, name: String) -> Result<String, E> {
    assert_eq!(failure.reason(), StopReason::Exhausted);
    Ok(format!("{}: {}", name, failure.report().attempts.len()))
}

#[retryable(max = 1, base = "0s", recover = back_with_report)]
async fn recover_async(runs: &Runs, name: String) -> Result<String, E> {
    runs.fail_later(9).await?;
    Ok(name.clone())
}

#[retryable(max = 1, base = "0s", recover = back_with_report, clone(name))]
async fn recover_cloned(runs: &Runs, name: String) -> Result<String, E> {
    let taken = name;
    runs.fail_later(9).await.map(|_| taken)
}

async fn back_without_names(failure: E, runs: &Runs, _: String, _: (u8, u8)) -> Result<u32, E> {
    assert!(failure.is_busy());
    Ok(runs.count())
}

#[retryable(max = 1, base = "0s", recover = back_without_names)]
async fn recover_ignored(runs: &Runs, _: String, (a, b): (u8, u8)) -> Result<u32, E> {
    runs.fail_later(u32::from(a + b) + 9).await
}

fn back_to_report(failure: RetryError<E>, _: &Runs) -> Result<u32, RetryError<E>> {
    Err(failure)
}

#[retryable(max = 1, base = "0s", report, recover = back_to_report)]
fn recover_reported(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail(9)
}

#[retryable(max = 1, base = "0s", on = any, recover = back_sendable)]
async fn recover_errors_that_stay(runs: &Runs) -> Result<u32, Box<dyn std::error::Error>> {
    Ok(runs.fail_later(9).await?)
}

async fn back_sendable(
    failure: Box<dyn std::error::Error>,
    runs: &Runs,
) -> Result<u32, Box<dyn std::error::Error>> {
    drop(failure);
    Ok(runs.count())
}

#[derive(Default)]
struct Desk {
    runs: Runs,
    token: CancellationToken,
    log: Vec<u32>,
}

impl Desk {
    #[retryable(max = 1, base = "0s", recover = Self::back)]
    fn recover(&mut self, by: u32) -> Result<usize, E> {
        self.log.push(by);
        self.runs.fail(9)?;
        Ok(0)
    }

    fn back(&mut self, _: E, by: u32) -> Result<usize, E> {
        self.log.push(by);
        Ok(self.log.len())
    }

    #[retryable(max = 1, base = "0s", recover = Self::back_async)]
    async fn recover_async(self, by: u32) -> Result<u32, E> {
        Ok(self.runs.fail_later(9).await? + by)
    }

    async fn back_async(self, _: RetryError<E>, by: u32) -> Result<u32, E> {
        Ok(self.runs.count() + by)
    }

    #[retryable(max = 9, base = "1s", cancel = self.token)]
    async fn cancel(&self) -> Result<u32, E> {
        if self.runs.count() == 2 {
            self.token.cancel();
        }
        self.runs.fail_later(9).await
    }

    #[retryable(base = "0s", when = |error| error == &E::Busy && self.token.is_cancelled())]
    async fn when(&self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }
}

#[retryable(max = 9, base = "1s", jitter = none, cancel = token)]
async fn cancel(runs: &Runs, token: CancellationToken) -> Result<u32, E> {
    runs.fail_later(9).await
}

#[retryable(max = 9, base = "1s", cancel = token.clone())]
async fn cancel_by_reference(runs: &Runs, token: &CancellationToken) -> Result<u32, E> {
    let _ = runs.fail(0);
    token.cancel();
    std::future::pending().await
}

#[retryable(max = 9, base = "1h", cap = "1h", cancel = token)]
fn cancel_sync(runs: &Runs, token: &CancelToken) -> Result<u32, E> {
    token.cancel();
    runs.fail(9)
}

#[retryable(base = "0s", cancel = token)]
fn cancel_maybe(runs: &Runs, token: Option<CancelToken>) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(max = 1, base = "0s", report)]
fn report(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail(9)
}

#[retryable(base = "0s", report)]
async fn report_async(runs: &Runs) -> Result<Box<dyn Fn() -> u32 + Send>, RetryError<E>> {
    let run = runs.fail_later(2).await?;
    Ok(Box::new(move || run))
}

#[retryable(max = 1, base = "0s", report)]
async fn report_opaque(runs: &Runs) -> Result<impl Iterator<Item = u32>, RetryError<E>> {
    let run = runs.fail_later(1).await?;
    Ok(0..run)
}

type Reported<T> = Result<T, RetryError<E>>;

#[retryable(max = 1, base = "0s", report)]
async fn report_alias<T: Default + Send>(runs: &Runs) -> Reported<T> {
    runs.fail_later(9).await?;
    Ok(T::default())
}

#[test]
fn called_arguments_apply_to_sync_functions() {
    assert_eq!(when_path(&Runs::new()), Ok(3));
    assert_eq!(when_and_on(&Runs::new()), Err(E::Busy));
    assert_eq!(retry_if_path(&Runs::new()), Ok(vec![3]));
    assert_eq!(on_retry_path(&Runs::new()), Ok(3));
    assert_eq!(attempt(&Runs::new()), Ok(3));
    assert_eq!(recover(&Runs::new(), 5), Ok(7));
    assert_eq!(recover_reported(&Runs::new()).unwrap_err().report().attempts.len(), 2);
    assert_eq!(Desk::default().recover(1), Ok(3));
    let runs = Runs::new();
    assert_eq!(cancel_sync(&runs, &CancelToken::new()), Err(E::Cut(Interruption::Cancelled)));
    assert_eq!(runs.count(), 1);
    assert_eq!(cancel_maybe(&Runs::new(), None), Ok(3));
    assert_eq!(cancel_maybe(&Runs::new(), Some(CancelToken::new())), Ok(3));
    assert_eq!(report(&Runs::new()).unwrap_err().into_error(), E::Busy);
}

#[test]
fn called_arguments_apply_to_async_functions() {
    block_on(async {
        assert_eq!(sendable(when_closure(&Runs::new())).await, Ok(3));
        let runs = Runs::new();
        assert_eq!(sendable(when_by_argument(&runs, 2)).await, Err(E::Busy));
        assert_eq!(runs.count(), 2);
        assert_eq!(retry_if_closure(&Runs::new()).await, Some(3));
        assert_eq!(retry_if_none(&Runs::new()).await, Ok(Some(3)));
        let log = Mutex::default();
        assert_eq!(sendable(on_retry_closure(&Runs::new(), &log)).await, Ok(3));
        assert_eq!(*log.lock().unwrap(), [1, 2]);
        let ids = Mutex::default();
        assert_eq!(attempt_async(&Runs::new(), &ids).await, Ok(3));
        assert!(ids.lock().unwrap().windows(2).all(|ids| ids[0] == ids[1]));
        assert_eq!(sendable(recover_async(&Runs::new(), "n".into())).await, Ok("n: 2".into()));
        assert_eq!(recover_cloned(&Runs::new(), "n".into()).await, Ok("n: 2".into()));
        assert_eq!(recover_ignored(&Runs::new(), String::new(), (1, 1)).await, Ok(2));
        assert!(matches!(recover_errors_that_stay(&Runs::new()).await, Ok(2)));
        assert_eq!(Desk::default().recover_async(5).await, Ok(7));
        assert_eq!(Desk::default().when().await, Err(E::Busy));
        assert_eq!(report_async(&Runs::new()).await.map(|run| run()).unwrap(), 3);
        assert_eq!(report_opaque(&Runs::new()).await.map(Iterator::count).unwrap(), 2);
        assert!(report_alias::<u8>(&Runs::new()).await.is_err());
    });
}

#[test]
fn tokens_cancel_async_calls() {
    block_on(async {
        let desk = Desk::default();
        assert_eq!(sendable(desk.cancel()).await, Err(E::Cut(Interruption::Cancelled)));
        assert_eq!(desk.runs.count(), 2);
        let (runs, token) = (Runs::new(), CancellationToken::new());
        let later = token.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            later.cancel();
        });
        let (out, report) = observe(cancel(&runs, token)).await;
        assert_eq!(out, Err(E::Cut(Interruption::Cancelled)));
        assert_eq!((runs.count(), report.reason), (2, StopReason::Cancelled));
        let runs = Runs::new();
        let out = cancel_by_reference(&runs, &CancellationToken::new()).await;
        assert_eq!((out, runs.count()), (Err(E::Cut(Interruption::Cancelled)), 1));
    });
}

/// A path is called from a closure, so that rustc reports a wrong one as a wrong argument; what was allowed before still is.
#[test]
fn a_function_of_an_argument_may_take_a_slice_be_an_argument_or_move() {
    assert_eq!(block_on(sendable(when_coerced(&Runs::new()))), Ok(3));
    assert_eq!(block_on(sendable(when_argument(&Runs::new(), E::is_busy))), Ok(3));
    assert_eq!(when_moved(&Runs::new(), 4), Ok(3));
}
