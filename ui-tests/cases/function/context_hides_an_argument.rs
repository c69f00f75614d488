use std::io;

use retry_runtime::retryable;

#[retryable(attempt = order)]
fn charge(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn main() {}
