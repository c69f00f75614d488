use std::io;

use retry_runtime::retryable;

#[retryable(on = Permanent)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Transient | Overloaded)]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
