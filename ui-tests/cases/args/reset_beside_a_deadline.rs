use std::io;

use retry_runtime::retryable;

const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

#[retryable(reset_after = "1m", deadline = "30s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = MINUTE, reset_after = MINUTE)]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
