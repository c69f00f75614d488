use std::io;
use std::sync::atomic::AtomicBool;

use retry_runtime::retryable;

#[retryable(cancel = flag)]
fn blocking(flag: bool) -> io::Result<()> {
    Ok(())
}

#[retryable(cancel = flag)]
async fn later(flag: &AtomicBool) -> io::Result<()> {
    Ok(())
}

#[retryable(cancel = tokn)]
async fn misspelt(token: &retry_runtime::CancelToken) -> io::Result<()> {
    Ok(())
}

fn main() {}
