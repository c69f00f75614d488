use std::io;

use retry_runtime::retryable;

#[retryable(attempts = forevr)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max = forever)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(attempts = "forever")]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
