use std::io;

use retry_runtime::retryable;

#[retryable(max = "3")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max = -1)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(max = 2.5)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(max = true)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(attempts = "4")]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(attempts = unlimitd)]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(max = 99999999999999999999)]
fn f7() -> io::Result<()> {
    Ok(())
}

fn main() {}
