use std::io;

use retry_runtime::retryable;

#[retryable = 3]
fn fetch() -> io::Result<()> {
    Ok(())
}

fn main() {}
