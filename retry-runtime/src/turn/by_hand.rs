//! A breaker around a future, without a macro.

use std::future::Future;

use crate::breaker::{Breaker, CircuitOpen};
use crate::failure::class::Classify;

impl Breaker {
    /// Awaits the body's future if it may be called, and counts its result; a panic counts as a failure and
    /// goes on. The body is not called before the future is polled, nor when it must not be.
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
    /// [`CircuitOpen`] when the body was not called; inside of it, the body's own.
    ///
    /// # Cancel safety
    /// Dropped midway, the call counts as abandoned: a probe gives its place back, nothing is counted.
    pub async fn call_async<T, E: Classify, F: Future<Output = Result<T, E>>>(
        &self,
        body: impl FnOnce() -> F,
    ) -> Result<Result<T, E>, CircuitOpen> {
        let permit = self.permit(self.clock)?;
        let result = body().await;
        permit.result(self.clock, &result);
        Ok(result)
    }
}
