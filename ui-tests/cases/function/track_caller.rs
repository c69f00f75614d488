use std::io;

use retry_runtime::retryable;

#[retryable]
#[track_caller]
fn fetch() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
