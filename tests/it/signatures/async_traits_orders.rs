//! `#[async_trait]`, `#[instrument]` and `#[retryable]` together, in every order.

use async_trait::async_trait;
use retry_runtime::{RetryError, retryable};
use tracing::instrument;

use super::support::{E, Runs, block_on, sendable};

#[async_trait]
trait Client {
    async fn above(&self, key: &str, add: u32) -> Result<u32, E>;
    async fn below(&self, key: &str, add: u32) -> Result<u32, E>;
    async fn above_mutable(&mut self, key: String) -> Result<u32, E>;
    async fn below_mutable(&mut self, key: String) -> Result<u32, E>;
    async fn above_with_errors(&mut self, key: String, add: u32) -> Result<u32, E>;
    async fn below_with_errors(&mut self, key: String, add: u32) -> Result<u32, E>;
    async fn above_with_values(&self) -> Result<u32, E>;
    async fn above_with_both(&self) -> Result<u32, E>;
    async fn above_cloned(&self, key: String) -> Result<String, E>;
    async fn above_recovered(&mut self, key: String) -> Result<usize, E>;
    async fn above_reported(&self) -> Result<u32, RetryError<E>>;

    #[instrument(skip_all)]
    #[retryable(base = "0s")]
    async fn by_default(&self, runs: &Runs) -> Result<u32, E>
    where
        Self: Sync,
    {
        runs.fail_later(2).await
    }
}

#[derive(Debug, Default)]
struct Http {
    runs: Runs,
    keys: Vec<String>,
}

impl Http {
    async fn back(&mut self, _: E, key: String) -> Result<usize, E> {
        Ok(self.keys.len() + key.len())
    }
}

#[async_trait]
impl Client for Http {
    #[instrument]
    #[retryable(base = "0s")]
    async fn above(&self, key: &str, add: u32) -> Result<u32, E> {
        Ok(self.runs.fail_later(2).await? + add + key.len() as u32)
    }

    #[retryable(base = "0s")]
    #[instrument(skip(self))]
    async fn below(&self, key: &str, add: u32) -> Result<u32, E> {
        Ok(self.runs.fail_later(2).await? + add + key.len() as u32)
    }

    #[instrument(skip(self))]
    #[retryable(base = "0s")]
    async fn above_mutable(&mut self, key: String) -> Result<u32, E> {
        self.keys.push(key.clone());
        self.runs.fail_later(2).await?;
        Ok(self.keys.len() as u32)
    }

    #[retryable(base = "0s")]
    #[instrument(skip_all)]
    async fn below_mutable(&mut self, key: String) -> Result<u32, E> {
        self.keys.push(key.clone());
        self.runs.fail_later(2).await?;
        Ok(self.keys.len() as u32)
    }

    #[instrument(skip(self), err)]
    #[retryable(base = "0s")]
    async fn above_with_errors(&mut self, key: String, add: u32) -> Result<u32, E> {
        self.keys.push(key.clone());
        Ok(self.runs.fail_later(2).await? + add)
    }

    #[retryable(base = "0s")]
    #[instrument(skip(self), err)]
    async fn below_with_errors(&mut self, key: String, add: u32) -> Result<u32, E> {
        self.keys.push(key.clone());
        Ok(self.runs.fail_later(2).await? + add)
    }

    #[instrument(ret)]
    #[retryable(base = "0s")]
    async fn above_with_values(&self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[instrument(err, ret)]
    #[retryable(base = "0s")]
    async fn above_with_both(&self) -> Result<u32, E> {
        self.runs.fail_later(2).await
    }

    #[instrument(skip_all, fields(key = %key))]
    #[retryable(base = "0s", clone(key))]
    async fn above_cloned(&self, key: String) -> Result<String, E> {
        let key = key;
        self.runs.fail_later(2).await?;
        Ok(key)
    }

    #[instrument(skip_all)]
    #[retryable(max = 1, base = "0s", recover = Self::back)]
    async fn above_recovered(&mut self, key: String) -> Result<usize, E> {
        self.keys.push(key.clone());
        self.runs.fail_later(9).await?;
        Ok(0)
    }

    #[instrument(skip_all, err)]
    #[retryable(max = 1, base = "0s", report)]
    async fn above_reported(&self) -> Result<u32, RetryError<E>> {
        self.runs.fail_later(9).await
    }
}

#[test]
fn every_order_is_retried() {
    block_on(async {
        assert_eq!(sendable(Http::default().above("k", 1)).await, Ok(5));
        assert_eq!(sendable(Http::default().below("k", 1)).await, Ok(5));
        assert_eq!(sendable(Http::default().above_mutable("k".to_owned())).await, Ok(3));
        assert_eq!(sendable(Http::default().below_mutable("k".to_owned())).await, Ok(3));
        assert_eq!(Http::default().above_with_errors("k".to_owned(), 1).await, Ok(4));
        assert_eq!(Http::default().below_with_errors("k".to_owned(), 1).await, Ok(4));
        assert_eq!(Http::default().above_with_values().await, Ok(3));
        assert_eq!(Http::default().above_with_both().await, Ok(3));
        assert_eq!(Http::default().above_cloned("k".to_owned()).await, Ok("k".to_owned()));
        assert_eq!(Http::default().above_recovered("k".to_owned()).await, Ok(3));
        let report = Http::default().above_reported().await.expect_err("exhausted");
        assert_eq!(report.report().attempts.len(), 2);
        assert_eq!(Http::default().by_default(&Runs::new()).await, Ok(3));
    });
}
