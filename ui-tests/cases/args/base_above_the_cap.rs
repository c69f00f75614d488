use std::io;

use retry_runtime::retryable;

#[retryable(base = "2s", cap = "1s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "1m")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(cap = "500ms")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ["100ms", "2s"], cap = "1s")]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ["1s", "1m"])]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
