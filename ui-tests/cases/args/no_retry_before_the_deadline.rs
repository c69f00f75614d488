use std::io;

use retry_runtime::retryable;

#[retryable(deadline = "1s", base = "3s", jitter = equal)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "100ms", jitter = none)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "1s", backoff = ["2s", "100ms"], jitter = none)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "1s", base = "2s", jitter = additive(0.5))]
fn f4() -> io::Result<()> {
    Ok(())
}

fn main() {}
