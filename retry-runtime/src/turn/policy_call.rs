//! The engine without a macro, for code that cannot be annotated.

use std::future::Future;

use crate::call::state::Call;
use crate::failure::class::Classify;
use crate::failure::interruption::Interruption;
use crate::failure::lookup::{
    ByClassify, ByTypeName, HasFromInterruption, NoFromInterruption, NoInject,
};
use crate::failure::outcome::Outcome;
use crate::policy::Policy;
use crate::report::attempt::{Attempt, CallId};

impl Policy {
    /// Calls `work` until it succeeds or the policy ends the call; blocks between the attempts.
    ///
    /// `work` may change what it borrows. Without a sleep it needs no runtime, and `timeout` has no hold on
    /// it; `deadline` ends the call between attempts.
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
    /// Those of `work`: the last attempt's.
    ///
    /// # Panics
    ///
    /// When the policy is not valid; [`validate`](Policy::validate) one that comes from outside. When
    /// `work` panics.
    #[track_caller]
    pub fn call<R>(&self, mut work: impl FnMut(Attempt) -> R) -> R
    where
        R: Outcome<Error: Classify>,
    {
        let policy = self.checked_blocking();
        let mut call = Call::of(&policy);
        let id = CallId::unique();
        loop {
            let attempt = call.attempt(id);
            let turned = call
                .turn_blocking(|| work(attempt))
                .classified(|_| (ByClassify, ByTypeName, NoFromInterruption, NoInject))
                .run();
            if let Some(out) = turned.over(&mut call) {
                return out;
            }
        }
    }

    /// Calls `work` until its future succeeds or the policy ends the call; sleeps between the attempts.
    ///
    /// `work` may change what it captures, but its futures cannot borrow that; for futures that do, see
    /// [`call_async_mut`](Policy::call_async_mut). The returned future is `Send` when `work` and its futures
    /// are.
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
    /// Those of `work`: the last attempt's, or an [`Interruption`](crate::Interruption) turned into one when
    /// the deadline or the timeout cuts an attempt off.
    ///
    /// # Panics
    ///
    /// When the policy is not valid; [`validate`](Policy::validate) one that comes from outside. When
    /// `work` or its future panics.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call at once.
    #[track_caller]
    pub fn call_async<W, R, F>(&self, mut work: W) -> impl Future<Output = R> + use<W, R, F>
    where
        W: FnMut(Attempt) -> F,
        R: Outcome<Error: Classify + From<Interruption>>,
        F: Future<Output = R>,
    {
        let policy = self.checked();
        async move {
            let mut call = Call::of(&policy);
            let id = CallId::unique();
            loop {
                let attempt = call.attempt(id);
                // What the closure does before it has a future is part of the attempt, too.
                let body = async { work(attempt).await };
                let turned = call
                    .turn(body)
                    .classified(|_| (ByClassify, ByTypeName, HasFromInterruption, NoInject))
                    .limited()
                    .await;
                if let Some(out) = turned.over(&mut call) {
                    return out;
                }
            }
        }
    }

    /// [`call_async`](Policy::call_async) for futures that borrow what the closure captures: an `async`
    /// closure may change its surroundings between the awaits.
    ///
    /// A future that borrows from its closure cannot be spawned as long as rustc cannot prove it `Send`
    /// (rust-lang/rust#110338); awaiting it in place, selecting and joining work.
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
    /// As [`call_async`](Policy::call_async).
    ///
    /// # Panics
    ///
    /// As [`call_async`](Policy::call_async).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the call at once.
    #[track_caller]
    pub fn call_async_mut<W, R>(&self, mut work: W) -> impl Future<Output = R> + use<W, R>
    where
        W: AsyncFnMut(Attempt) -> R,
        R: Outcome<Error: Classify + From<Interruption>>,
    {
        let policy = self.checked();
        async move {
            let mut call = Call::of(&policy);
            let id = CallId::unique();
            loop {
                let attempt = call.attempt(id);
                // What the closure does before it has a future is part of the attempt, too.
                let body = async { work(attempt).await };
                let turned = call
                    .turn(body)
                    .classified(|_| (ByClassify, ByTypeName, HasFromInterruption, NoInject))
                    .limited()
                    .await;
                if let Some(out) = turned.over(&mut call) {
                    return out;
                }
            }
        }
    }
}
