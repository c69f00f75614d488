use std::io;

use retry_runtime::retryable;

#[retryable(max = 3, max = 4)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "1s", max = 3, base = "2s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(report, report)]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
