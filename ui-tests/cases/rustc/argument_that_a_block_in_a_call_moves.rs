use std::future::Future;
use std::pin::Pin;

use retry_runtime::retryable;

async fn io(key: &str) -> std::io::Result<usize> {
    Ok(key.len())
}

fn limited<F: Future>(_limit: u32, future: F) -> F {
    future
}

#[retryable]
fn argument(key: String) -> impl Future<Output = std::io::Result<usize>> {
    limited(1, async move { io(&key).await })
}

#[retryable]
fn local(key: &str) -> Pin<Box<dyn Future<Output = std::io::Result<usize>>>> {
    let key = key.to_owned();
    Box::pin(limited(1, async move { io(&key).await }))
}

fn main() {}
