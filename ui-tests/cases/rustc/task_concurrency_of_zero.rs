use std::io;

use retry_runtime::retryable;

#[retryable(task(concurrency = 0))]
fn send(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn main() {}
