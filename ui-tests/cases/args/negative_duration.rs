use std::io;

use retry_runtime::retryable;

#[retryable(base = -1)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "-1s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "1s -1ms")]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
