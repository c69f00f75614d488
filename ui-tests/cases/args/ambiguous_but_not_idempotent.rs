use std::io;

use retry_runtime::retryable;

#[retryable(on = Transient | Ambiguous, idempotent = false)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
