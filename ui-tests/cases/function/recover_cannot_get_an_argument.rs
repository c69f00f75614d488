use std::io;

use retry_runtime::retryable;

fn fallback(error: io::Error, _order: u32) -> io::Result<u32> {
    Err(error)
}

#[retryable(recover = fallback)]
fn pair((left, _): (u32, u32)) -> io::Result<u32> {
    Ok(left)
}

fn main() {}
