use std::io;

use retry_runtime::retryable;

const SECOND: std::time::Duration = std::time::Duration::from_secs(1);

#[retryable(no_retry_after = "1s", base = "3s", jitter = equal)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(no_retry_after = SECOND, base = "3s", jitter = none)]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
