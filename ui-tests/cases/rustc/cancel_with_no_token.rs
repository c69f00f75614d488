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

#[retryable(cancel = stop)]
fn by_a_closure<F: Fn() -> bool>(stop: F) -> io::Result<bool> {
    Ok(stop())
}

fn main() {}
