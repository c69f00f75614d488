use std::io;

use retry_runtime::retryable;

#[retryable(attempt = "x")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(attempt = 3)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(attempt = self)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(attempt)]
fn f4() -> io::Result<()> {
    Ok(())
}

fn main() {}
