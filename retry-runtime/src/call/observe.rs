//! Asking a call what it did, from outside.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::context::{Ambient, Observer};
use crate::report::record::Report;

/// Runs a future and reports what the retryable call in it did.
///
/// The report is that of the outermost retryable call; of several that follow each other, of the last
/// one. Without any it is empty: no attempts, reason `Success`.
///
/// ```
/// # use retry_runtime::{observe, retryable, StopReason};
/// #[retryable(max = 2, base = "0s", on = any)]
/// async fn fetch() -> Result<u32, String> { Err("connection refused".into()) }
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// let (result, report) = observe(fetch()).await;
/// assert!(result.is_err());
/// assert_eq!(report.reason, StopReason::Exhausted);
/// assert_eq!(report.attempts.len(), 3);
/// assert_eq!(report.attempts[0].error.as_deref(), Some("connection refused"));
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Cancel safety
///
/// Dropping the future drops the call in it; there is no report then.
pub fn observe<F: Future>(future: F) -> Observe<F> {
    Observe { future, observer: Observer::default() }
}

/// Runs a closure and reports what the retryable call in it did: [`observe`] for code that blocks.
///
/// ```
/// # use retry_runtime::{observe_blocking, retryable};
/// #[retryable(max = 1, base = "0s", on = any)]
/// fn fetch() -> Result<u32, String> { Err("no".into()) }
///
/// let (result, report) = observe_blocking(fetch);
/// assert!(result.is_err());
/// assert_eq!(report.retries(), 1);
/// ```
pub fn observe_blocking<T>(work: impl FnOnce() -> T) -> (T, Report) {
    let observer = Observer::default();
    let out = observed(&observer).scope(work);
    (out, report(&observer))
}

fn observed(observer: &Observer) -> Ambient {
    let deadline = Ambient::current().and_then(|ambient| ambient.deadline());
    Ambient::new(deadline, Some(observer.clone()))
}

fn report(observer: &Observer) -> Report {
    let Some(report) = observer.take() else { return Report::empty("") };
    // Whoever observes from further outside has not seen the call: this observer stood in between.
    if let Some(outer) = Ambient::current().and_then(|ambient| ambient.observer) {
        outer.publish(report.clone());
    }
    report
}

pin_project! {
    /// The future of [`observe`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Observe<F> {
        #[pin]
        future: F,
        observer: Observer,
    }
}

impl<F: Future> Future for Observe<F> {
    type Output = (F::Output, Report);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let observer = this.observer;
        observed(observer).scope(|| this.future.poll(cx)).map(|out| (out, report(observer)))
    }
}
