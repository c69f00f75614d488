use std::io;

use retry_runtime::retryable;

const NONE: u32 = 0;

#[retryable(attempts = NONE)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
