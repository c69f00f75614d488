use std::io;

use retry_runtime::retryable;

#[retryable(factor = 2.0, backoff = fixed)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = linear, factor = 3)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = fibonacci, factor = 3.0)]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
