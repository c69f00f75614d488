use std::io;
use std::time::Duration;

use retry_runtime::retryable;

const LONG: Duration = Duration::from_secs(60);

#[retryable(timeout = LONG, deadline = "30s", idempotent)]
async fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(timeout = Duration::ZERO, idempotent)]
async fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
