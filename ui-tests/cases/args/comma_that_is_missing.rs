use std::io;

use retry_runtime::retryable;

#[retryable(max = 3 base = "1s")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max = 3; base = "1s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(max 3)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(idempotent docs = false)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(max = 3 + , base = "1s")]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(timeout = 5 seconds)]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
