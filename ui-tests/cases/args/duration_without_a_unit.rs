use std::io;

use retry_runtime::retryable;

#[retryable(base = 1)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = 1.5)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "5")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = 30s)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(cap = 100ms)]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = [1, "2s"])]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
