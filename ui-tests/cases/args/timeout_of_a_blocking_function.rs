use std::io;

use retry_runtime::retryable;

#[retryable(timeout = "5s", idempotent)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
