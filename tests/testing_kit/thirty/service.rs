//! The code under test: a shop that calls three other services.

use retry_runtime::{Classify, Interruption, retryable};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
pub(crate) enum ShopError {
    #[error("connection refused")]
    #[classify(transient)]
    Refused,
    #[error("slow down")]
    #[classify(throttled)]
    Throttled,
    #[error("no answer")]
    #[classify(ambiguous)]
    NoAnswer,
    #[error("no such thing")]
    #[classify(permanent)]
    Missing,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

#[retryable(max = 5, base = "2s", cap = "1m", jitter = none, name = "shop::stock")]
pub(crate) fn stock(item: &str) -> Result<usize, ShopError> {
    Ok(item.len())
}

#[retryable(max = 4, base = "2s", jitter = none, name = "shop::price")]
pub(crate) async fn price(item: &str) -> Result<usize, ShopError> {
    Ok(item.len() * 3)
}

#[retryable(max = 3, base = "5s", factor = 3.0, cap = "1m", jitter = none, timeout = "20s", idempotent = false,
    name = "shop::order")]
pub(crate) async fn order(item: &str) -> Result<usize, ShopError> {
    Ok(price(item).await? + stock(item)?)
}

#[retryable(max = 6, base = "1s", deadline = "30s", name = "shop::invoice")]
pub(crate) fn invoice(item: &str) -> Result<String, ShopError> {
    Ok(format!("one {item}"))
}

#[retryable(attempts = unlimited, deadline = "2m", base = "10s", backoff = fixed, jitter = none, budget = none,
    name = "shop::parcel")]
pub(crate) async fn parcel(item: &str) -> Result<usize, ShopError> {
    Ok(item.len())
}
