use std::io;

use retry_runtime::retryable;

#[retryable(task, recover = fallback)]
fn send(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn fallback(_: io::Error, order: u32) -> io::Result<u32> {
    Ok(order)
}

fn main() {}
