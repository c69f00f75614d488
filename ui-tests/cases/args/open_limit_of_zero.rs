use std::io;

use retry_runtime::retryable;

const ZERO: std::time::Duration = std::time::Duration::ZERO;

#[retryable(no_retry_after = "0s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(reset_after = "0s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(reset_after = ZERO)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(no_retry_after = ZERO)]
fn f4() -> io::Result<()> {
    Ok(())
}

fn main() {}
