use std::io;

use retry_runtime::retryable;

#[retryable(backoff = ["100ms", "1s"], base = "1s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ["100ms", "1s"], factor = 2.0)]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
