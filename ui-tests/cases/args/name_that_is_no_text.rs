use std::io;

use retry_runtime::retryable;

#[retryable(name = 5)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(name = billing)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(name = billing::charge)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(name = "")]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(name)]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
