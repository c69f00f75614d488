use std::io;

use retry_runtime::retryable;

#[retryable(task, reset_after = "1m")]
fn send(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn main() {}
