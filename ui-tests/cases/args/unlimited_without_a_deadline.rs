use std::io;

use retry_runtime::retryable;

#[retryable(attempts = unlimited)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
