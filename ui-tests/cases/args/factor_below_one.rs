use std::io;

use retry_runtime::retryable;

#[retryable(factor = 0.5)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = 0)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = -2.0)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = 1e999)]
fn f4() -> io::Result<()> {
    Ok(())
}

fn main() {}
