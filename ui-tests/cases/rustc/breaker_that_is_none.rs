use std::io;

use retry_runtime::retryable;

#[retryable(breaker = PAYMENTS)]
fn no_such_static() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = LIMIT)]
fn no_breaker() -> io::Result<()> {
    Ok(())
}

const LIMIT: u32 = 3;

fn main() {}
