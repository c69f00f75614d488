use std::io;

use retry_runtime::retryable;

#[retryable(crate = missing, deadline = "30s", breaker, jitter = equal)]
async fn read(name: &str) -> io::Result<u32> {
    let _ = name.len();
    Ok(3)
}

#[retryable(task(crate = absent))]
async fn send(name: String) -> io::Result<u32> {
    let _ = name.len();
    Ok(3)
}

fn main() {}
