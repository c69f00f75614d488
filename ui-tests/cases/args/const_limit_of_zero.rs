use std::io;

use retry_runtime::retryable;

#[retryable(deadline = std::time::Duration::ZERO)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
