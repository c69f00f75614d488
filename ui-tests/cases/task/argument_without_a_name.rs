use std::io;

use retry_runtime::retryable;

#[retryable(task)]
async fn add((a, b): (u32, u32), _: u32) -> io::Result<u32> {
    Ok(a + b)
}

fn main() {}
