use std::io;

use retry_runtime::retryable;

#[retryable(timeout = "0s", idempotent)]
async fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
