use std::io;

use retry_runtime::retryable;

#[retryable(timeout = "5s", deadline = "2s", idempotent)]
async fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
