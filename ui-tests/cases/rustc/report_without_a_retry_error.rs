use std::io;

use retry_runtime::retryable;

#[retryable(report)]
fn plain() -> io::Result<u32> {
    Ok(3)
}

#[retryable(report)]
async fn later() -> io::Result<u32> {
    Ok(3)
}

fn fallback(_failure: io::Error) -> io::Result<u32> {
    Ok(3)
}

#[retryable(report, recover = fallback)]
fn recovered() -> io::Result<u32> {
    Ok(3)
}

#[retryable(report)]
fn option() -> Option<u32> {
    Some(3)
}

fn main() {}
