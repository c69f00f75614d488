use std::io;

use retry_runtime::retryable;

#[retryable(idempotent = 3)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(idempotent = "true")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(idempotent(false))]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
