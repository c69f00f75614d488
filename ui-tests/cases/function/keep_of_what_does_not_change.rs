use std::io;

use retry_runtime::retryable;

#[retryable(keep(cursor))]
fn read(cursor: u32) -> io::Result<u32> {
    Ok(cursor)
}

fn main() {}
