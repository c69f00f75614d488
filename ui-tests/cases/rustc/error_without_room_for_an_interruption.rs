use std::time::Duration;

use retry_runtime::{CancelToken, Classify, Policy, retryable};

#[derive(Debug, Classify)]
#[classify(transient)]
struct Busy;

const PATIENT: Policy = Policy::new().deadline(Duration::from_secs(60));

#[retryable(deadline = "30s")]
async fn until_deadline() -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(timeout = "5s", idempotent)]
async fn until_timeout() -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(cancel = token)]
async fn until_cancelled(token: &CancelToken) -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(cancel = token)]
fn until_cancelled_blocking(token: &CancelToken) -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(breaker, on = any)]
async fn behind_a_breaker() -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(breaker, deadline = "30s", cancel = token)]
async fn behind_all(token: &CancelToken) -> Result<u32, Busy> {
    Ok(3)
}

#[retryable(policy = PATIENT)]
async fn patient() -> Result<u32, Busy> {
    Ok(3)
}

fn main() {}
