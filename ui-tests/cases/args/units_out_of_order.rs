use std::io;

use retry_runtime::retryable;

#[retryable(base = "1s 1s")]
fn unit_twice() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "5s 1m")]
fn shorter_unit_first() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "5 seconds")]
fn long_unit() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(refill = "1s 1s"))]
fn setting() -> io::Result<()> {
    Ok(())
}

fn main() {}
