use std::io;
use std::time::Duration;

use retry_runtime::retryable;

const MINUTE: Duration = Duration::from_secs(60);

#[retryable(base = MINUTE)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "10s", cap = Duration::from_secs(5))]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ["1s", MINUTE])]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
