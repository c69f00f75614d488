use std::io;

use retry_runtime::retryable;

#[retryable(max = 3, attempts = 4)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
