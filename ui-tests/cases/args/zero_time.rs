use std::io;

use retry_runtime::retryable;

#[retryable(deadline = "0s")]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
