use std::io;

use retry_runtime::retryable;

#[retryable]
const fn limit() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
