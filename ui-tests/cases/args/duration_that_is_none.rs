use std::io;

use retry_runtime::retryable;

#[retryable(base = "")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "fast")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "5 parsecs")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "1.2.3s")]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(base = "0.1ns")]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "99999999999999999999d")]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = "soon")]
fn f7() -> io::Result<()> {
    Ok(())
}

#[retryable(base = true)]
fn f8() -> io::Result<()> {
    Ok(())
}

#[retryable(base = 's')]
fn f9() -> io::Result<()> {
    Ok(())
}

fn main() {}
