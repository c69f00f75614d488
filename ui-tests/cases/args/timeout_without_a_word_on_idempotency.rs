use std::io;

use retry_runtime::retryable;

#[retryable(timeout = "5s")]
async fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(on = any, timeout = "5s")]
async fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
