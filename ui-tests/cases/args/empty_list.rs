use std::io;

use retry_runtime::retryable;

#[retryable(backoff = [])]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
