use std::io;

use retry_runtime::retryable;

#[retryable(on = any | Transient)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
