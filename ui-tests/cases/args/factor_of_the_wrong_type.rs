use std::io;

use retry_runtime::retryable;

#[retryable(factor = "2")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = true)]
fn f2() -> io::Result<()> {
    Ok(())
}

fn main() {}
