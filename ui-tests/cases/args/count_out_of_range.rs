use std::io;

use retry_runtime::retryable;

#[retryable(attempts = 0)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max = 4294967295)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(attempts = 5_000_000_000)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(max = unlimited)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(max = unlimited, deadline = "30s")]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
