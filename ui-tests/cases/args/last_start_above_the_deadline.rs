use std::io;

use retry_runtime::retryable;

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

#[retryable(no_retry_after = "3m", deadline = "30s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(no_retry_after = MINUTE, deadline = "30s")]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
