use std::io;

use retry_runtime::retryable;

#[retryable(crate = 5)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(crate = "not a path")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(crate)]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
