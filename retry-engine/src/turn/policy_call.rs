//! The engine without a macro: calls of a `Policy`, for code that cannot be annotated.

use std::future::Future;

use super::work::Lends;
use crate::course::work::Awaited;
use crate::failure::class::Classify;
use crate::failure::outcome::{Interruptible, Outcome};
use crate::policy::Policy;
use crate::report::attempt::Attempt;
use crate::wait::may_block::MayBlock;

impl Policy {
    /// Calls `work` until it succeeds or the policy ends the call; blocks the thread between the attempts.
    ///
    /// The closure may mutate its captures. No async runtime is needed. A running attempt cannot be interrupted:
    /// `timeout` has no effect, and `deadline` ends the call between attempts. [`retrying`](Policy::retrying) has more arguments.
    ///
    /// ```
    /// use retry_runtime::{Classify, Policy};
    /// use std::time::Duration;
    ///
    /// #[derive(Debug, Classify)]
    /// #[classify(transient)]
    /// struct Busy;
    ///
    /// let mut log = Vec::new();
    /// let result = Policy::new().max(2).base(Duration::ZERO).call(|attempt| {
    ///     log.push(attempt.number());
    ///     if attempt.is_last() { Ok("done") } else { Err(Busy) }
    /// });
    /// assert_eq!(result.unwrap(), "done");
    /// assert_eq!(log, [1, 2, 3]);
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the last attempt.
    ///
    /// # Panics
    ///
    /// If `work` panics. A policy that is not valid never panics: the nearest valid one applies.
    pub fn call<R: Outcome<Error: Classify>>(
        &self,
        work: impl FnMut(Attempt) -> R + MayBlock,
    ) -> R {
        self.retrying(work).run()
    }

    /// Calls `work` until its future succeeds or the policy ends the call; sleeps between the attempts.
    ///
    /// The closure may mutate its captures, but its futures cannot borrow them; for futures that do, use
    /// [`call_async_mut`](Policy::call_async_mut). The returned future is `Send` if `work` and its futures are.
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let policy = Policy::new().max(2).base(Duration::ZERO);
    /// let result: std::io::Result<u32> = policy
    ///     .call_async(|attempt| async move {
    ///         if attempt.is_last() { Ok(attempt.number()) } else { Err(std::io::ErrorKind::ConnectionRefused.into()) }
    ///     })
    ///     .await;
    /// assert_eq!(result?, 3);
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the last attempt, or an [`Interruption`](crate::Interruption) converted into the error type when the
    /// deadline or the timeout interrupts the attempt.
    ///
    /// # Panics
    ///
    /// If `work` or its future panics.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call at once.
    pub fn call_async<W, R, F>(&self, work: W) -> impl Future<Output = R> + use<W, R, F>
    where
        W: FnMut(Attempt) -> F,
        F: Awaited<R>,
        R: Interruptible<Error: Classify>,
    {
        let policy = *self;
        async move { policy.retrying(work).limited().await }
    }

    /// [`call_async`](Policy::call_async) for futures that borrow the captures of the closure: an `async` closure may
    /// mutate them between awaits.
    ///
    /// The returned future can be awaited, selected and joined, but not spawned, as long as rustc cannot prove that a
    /// future that borrows from its closure is `Send` (rust-lang/rust#110338).
    ///
    /// ```
    /// use retry_runtime::Policy;
    /// use std::time::Duration;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let mut seen = Vec::new();
    /// let result: std::io::Result<()> = Policy::new()
    ///     .max(1)
    ///     .base(Duration::ZERO)
    ///     .call_async_mut(async |attempt| {
    ///         seen.push(attempt.number());
    ///         Err(std::io::ErrorKind::ConnectionRefused.into())
    ///     })
    ///     .await;
    /// assert!(result.is_err());
    /// assert_eq!(seen, [1, 2]);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// The same as [`call_async`](Policy::call_async).
    ///
    /// # Panics
    ///
    /// The same as [`call_async`](Policy::call_async).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call at once.
    pub fn call_async_mut<W, R>(&self, work: W) -> impl Future<Output = R> + use<W, R>
    where
        W: AsyncFnMut(Attempt) -> R,
        R: Interruptible<Error: Classify>,
    {
        let policy = *self;
        async move { policy.retrying_mut::<_, _, Lends>(work).limited().lent().await }
    }
}
