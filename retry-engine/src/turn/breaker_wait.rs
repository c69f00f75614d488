//! The methods of a breaker that wait: a call around a future, and the next admission.

use std::future::{Future, poll_fn};
use std::mem;
use std::pin::pin;
use std::time::Duration;

use crate::breaker::{Breaker, CircuitOpen, Outcome, Place};
use crate::failure::class::Classify;
use crate::wait::timer;

/// How often to check again when time alone does not decide: while the breaker is forced open, or probes are running.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Tells the breaker about a panic of the body. Forgotten when the body has returned or is pending.
struct Panicking<'a, 'b>(&'a mut Place<&'b Breaker>);

impl Drop for Panicking<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        self.0.panicked();
    }
}

impl Breaker {
    /// Awaits the body's future if the breaker admits the call, and counts its result; a panic counts as a
    /// failure and goes on. The body is not called before the returned future is polled, nor after a refusal.
    ///
    /// ```
    /// # use retry_runtime::breaker::{Breaker, BreakerSettings, CircuitOpen};
    /// # use retry_runtime::{Class, Classify, Kind};
    /// # #[derive(Debug)] struct E;
    /// # impl Classify for E { fn classify(&self) -> Class { Kind::Transient.into() } }
    /// # impl From<CircuitOpen> for E { fn from(_: CircuitOpen) -> E { E } }
    /// # async fn ask(question: &str) -> Result<usize, E> { Ok(question.len()) }
    /// static BREAKER: Breaker = Breaker::new("oracle", BreakerSettings::new());
    ///
    /// async fn guarded(question: &str) -> Result<usize, E> {
    ///     BREAKER.call_async(|| ask(question)).await?
    /// }
    /// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
    /// assert_eq!(guarded("why?").await.unwrap(), 4);
    /// # });
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`CircuitOpen`] when the body was not called; the inner result is the body's.
    ///
    /// # Cancel safety
    /// Dropping the future gives the call up, which is nobody's verdict by itself: see [`Breaker`].
    pub async fn call_async<T, E: Classify, F: Future<Output = Result<T, E>>>(
        &self,
        body: impl FnOnce() -> F,
    ) -> Result<Result<T, E>, CircuitOpen> {
        let mut place = Place::acquire(self)?;
        let mut running = pin!(async { body().await });
        let result = poll_fn(|cx| {
            let panics = Panicking(&mut place);
            let polled = running.as_mut().poll(cx);
            mem::forget(panics);
            polled
        })
        .await;
        place.tell(Outcome::of(&result));
        place.spend();
        Ok(result)
    }

    /// Waits until the breaker would admit a call; does not wait when it would admit one now. It takes no
    /// permit: another call may come first.
    ///
    /// While the breaker is forced open or probes are running, it checks again every 100 ms.
    ///
    /// # Cancel safety
    /// Dropping the future has no effect on the breaker.
    #[inline]
    pub async fn admission(&self) {
        loop {
            match self.time_to_admission() {
                Some(Duration::ZERO) => return,
                wait => timer::sleep(wait.unwrap_or(LOOK_AGAIN)).await,
            }
        }
    }
}
