//! Reports of the calls inside a future or a closure, for the caller.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::context;
use super::receiver::{Observer, Receiver};
use crate::course::work::{Has, Never, Nothing};
use crate::report::record::Report;

/// Runs a future and returns its output together with the report of the retryable call in it.
///
/// Of nested calls, the outermost one is reported; of calls that follow each other, the last one. Without any retryable
/// call the report is empty: no attempts, and the reason `Success`.
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
/// Dropping the future drops the call in it, and no report is made.
pub fn observe<F: Observed<M>, M>(future: F) -> F::Observe {
    future.observe()
}

/// A future that can be observed. If the argument is no future, `M` stays unknown, and rustc reports the mistake once, and not
/// again where the result is used.
#[diagnostic::on_unimplemented(
    message = "`observe` takes the future of a call, and this is `{Self}`",
    label = "not a future",
    note = "a call that is not `async` is observed with `observe_blocking(|| …)`",
    note = "a future is observed before it is awaited: `observe(fetch()).await`"
)]
pub trait Observed<M> {
    /// The future, observed.
    type Observe;

    /// Observes the future.
    fn observe(self) -> Self::Observe;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Observed<Has> for F {
    type Observe = Observe<F>;

    fn observe(self) -> Observe<F> {
        Observe { future: self, observer: None }
    }
}

// With one implementation only, rustc would infer `M` even if it does not apply.
#[diagnostic::do_not_recommend]
impl<F: Nothing> Observed<Never> for F {
    type Observe = F;

    fn observe(self) -> F {
        self
    }
}

/// Runs a closure and returns its result together with the report of the retryable call in it: [`observe`] for blocking
/// code.
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
    let (out, receiver) = context::observed(Receiver::default(), work);
    (out, report(receiver))
}

fn report(receiver: Receiver) -> Report {
    match receiver {
        // The usual call, inside of nothing else. Built where the caller wants it.
        Receiver::FirstTry(site, took) if !context::is_present() => {
            Report::first_try(site.name(), took)
        }
        receiver => passed_on(receiver),
    }
}

#[cold]
fn passed_on(receiver: Receiver) -> Report {
    let Some(report) = receiver.into_report() else { return Report::empty("") };
    // The call reported to the innermost receiver only: pass the report on to the next one.
    if let Some(outer) = context::observer() {
        outer.publish(report.clone());
    }
    report
}

pin_project! {
    /// The future of [`observe`].
    ///
    /// ```
    /// use retry_runtime::{Observe, observe};
    /// use std::future::{Ready, ready};
    ///
    /// // The type has a name, for a field or a return type.
    /// fn observed() -> Observe<Ready<u32>> {
    ///     observe(ready(7))
    /// }
    /// # let _ = observed;
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Observe<F> {
        #[pin]
        future: F,
        // `None` until a call needs it.
        observer: Option<Observer>,
    }
}

impl<F: Future> Future for Observe<F> {
    type Output = (F::Output, Report);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let before = Receiver::of(this.observer.take());
        let (polled, receiver) = context::observed(before, || this.future.poll(cx));
        match polled {
            Poll::Ready(out) => Poll::Ready((out, report(receiver))),
            Poll::Pending => {
                *this.observer = receiver.kept();
                Poll::Pending
            }
        }
    }
}
