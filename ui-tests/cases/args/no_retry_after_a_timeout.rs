use std::io;
use std::time::Duration;

use retry_runtime::{Policy, retryable};

#[retryable(timeout = "300s", deadline = "300s", idempotent)]
async fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(timeout = "5s", base = "2s", deadline = "6s", idempotent = false)]
async fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(timeout = "5s", backoff = ["1s", "100ms"], deadline = "6s", idempotent)]
async fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(timeout = "5s", deadline = "6s", attempts = unlimited, jitter = none, idempotent)]
async fn f4() -> io::Result<()> {
    Ok(())
}

const LONG: Duration = Duration::from_secs(5);

#[retryable(timeout = LONG, deadline = "6s", idempotent)]
async fn f5() -> io::Result<()> {
    Ok(())
}

const POLICY: Policy = Policy::new().timeout(LONG).idempotent(true).checked();

#[retryable(policy = POLICY, deadline = "5s")]
async fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
