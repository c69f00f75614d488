use std::io;

use retry_runtime::retryable;

#[retryable(max = 2)]
#[retryable(max = 3)]
fn fetch() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
