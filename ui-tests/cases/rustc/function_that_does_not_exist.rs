use std::io;

use retry_runtime::retryable;

#[retryable(recover = falback)]
fn recover() -> io::Result<u32> {
    Ok(3)
}

fn fallback(error: io::Error) -> io::Result<u32> {
    Err(error)
}

#[retryable(when = is_bsy)]
fn when() -> io::Result<u32> {
    Ok(3)
}

fn is_busy(_error: &io::Error) -> bool {
    true
}

fn main() {
    let _ = fallback(io::Error::other("no"));
    is_busy(&io::Error::other("no"));
}
