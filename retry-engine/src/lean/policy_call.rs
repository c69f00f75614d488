//! Calls of a `Policy`.
//!
//! The signatures and the meaning are those of the feature `sites`, whose calls also inherit deadlines, are observed and
//! send events.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use super::attempts::AsyncAttempts;
use super::retrying::Looped;
use crate::course::work::Awaited;
use crate::failure::class::Classify;
use crate::failure::interruption::Interruption;
use crate::failure::outcome::{Interruptible, Outcome};
use crate::policy::Policy;
use crate::report::attempt::Attempt;
use crate::wait::may_block::MayBlock;

impl Policy {
    /// Calls `work` until it succeeds or the policy ends the call; blocks the thread between the attempts.
    ///
    /// The closure may mutate its captures. No async runtime is needed. A running attempt cannot be interrupted:
    /// `deadline` ends the call between attempts.
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
    /// # Errors
    ///
    /// The error of the last attempt, or an [`Interruption`] converted into the error type when the deadline or the timeout
    /// interrupts the attempt.
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
        // A block, so that the captures of the closure are dropped at the end of the call.
        async move { Looped::limited(&policy, work).await }
    }

    /// [`call_async`](Policy::call_async) for futures that borrow the captures of the closure: an `async` closure may
    /// mutate them between awaits.
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
    pub fn call_async_mut<W, R>(&self, mut work: W) -> impl Future<Output = R> + use<W, R>
    where
        W: AsyncFnMut(Attempt) -> R,
        R: Interruptible<Error: Classify>,
    {
        let mut series = AsyncAttempts::new(self);
        async move {
            loop {
                let attempt = poll_fn(|cx| series.poll_begin(cx)).await;
                let (out, cut) = {
                    // The code that the closure runs before it returns its future is part of the attempt, too.
                    let mut running = pin!(async { work(attempt).await });
                    let run = poll_fn(|cx| match running.as_mut().poll(cx) {
                        Poll::Ready(out) => Poll::Ready((out, None)),
                        Poll::Pending => {
                            let cut = series.poll_limit(cx);
                            cut.map(|cut| (R::interrupted(cut.into()), Some(cut)))
                        }
                    });
                    run.await
                };
                let failed = |error: &R::Error| (error.classify(), error.interruption());
                let Some((class, inside)) = out.as_result().err().map(failed) else { return out };
                let Some(length) = series.attempts.failed(class, inside, cut) else { return out };
                drop(out);
                series.pause(length);
            }
        }
    }
}
