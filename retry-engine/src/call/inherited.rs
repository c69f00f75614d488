//! The deadline of a call, carried into another task.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::context::{CallContext, deadline_here};
use crate::base::clock::Moment;
use crate::course::work::{Has, Never, Nothing};

/// Carries the deadline of the retryable call around it into a future that another task runs.
///
/// Retryable calls inside an attempt inherit its deadline, as long as the same task awaits them. A spawned task inherits
/// nothing, since it may outlive the call. Wrap its future where it shall end with the call:
///
/// ```
/// use retry_runtime::{inherited, retryable};
///
/// #[retryable(on = any)]
/// async fn ask(replica: u32) -> std::io::Result<u32> { Ok(replica) }
///
/// #[retryable(deadline = "2s")]
/// async fn ask_all() -> std::io::Result<u32> {
///     let first = tokio::spawn(inherited(ask(1)));
///     let second = tokio::spawn(inherited(ask(2)));
///     Ok(first.await?? + second.await??)
/// }
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// assert_eq!(ask_all().await?, 3);
/// # Ok::<(), std::io::Error>(())
/// # })?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// Outside a retryable call it has no effect.
///
/// # Cancel safety
///
/// As safe as the future inside.
pub fn inherited<F: Inherits<M>, M>(future: F) -> F::Inherited {
    future.inherit()
}

/// A future that can inherit a deadline. If the argument is no future, `M` stays unknown, and rustc reports the mistake once, and
/// not again where the result is used.
#[diagnostic::on_unimplemented(
    message = "`inherited` takes the future of a call, and this is `{Self}`",
    label = "not a future",
    note = "a call that is not `async` needs no `inherited`: it inherits the deadline on the thread of the call around it"
)]
pub trait Inherits<M> {
    /// The future with the deadline.
    type Inherited;

    /// Gives the future the deadline.
    fn inherit(self) -> Self::Inherited;
}

#[diagnostic::do_not_recommend]
impl<F: Future> Inherits<Has> for F {
    type Inherited = Inherited<F>;

    fn inherit(self) -> Inherited<F> {
        Inherited { future: self, deadline: deadline_here() }
    }
}

// With one implementation only, rustc would infer `M` even if it does not apply.
#[diagnostic::do_not_recommend]
impl<F: Nothing> Inherits<Never> for F {
    type Inherited = F;

    fn inherit(self) -> F {
        self
    }
}

pin_project! {
    /// The future of [`inherited`].
    ///
    /// ```
    /// use retry_runtime::{Inherited, inherited};
    /// use std::future::{Ready, ready};
    ///
    /// // The type has a name, for a field or a return type.
    /// fn carried() -> Inherited<Ready<u32>> {
    ///     inherited(ready(7))
    /// }
    /// # let _ = carried;
    /// ```
    #[derive(Debug)]
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Inherited<F> {
        #[pin]
        future: F,
        deadline: Option<Moment>,
    }
}

impl<F: Future> Future for Inherited<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let deadline = [*this.deadline, deadline_here()].into_iter().flatten().min();
        if deadline.is_none() {
            return this.future.poll(cx);
        }
        CallContext::new(deadline, None).scope(|| this.future.poll(cx))
    }
}
