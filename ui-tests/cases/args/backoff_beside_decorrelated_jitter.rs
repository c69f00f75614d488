use std::io;

use retry_runtime::retryable;

#[retryable(backoff = fixed, jitter = decorrelated)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
