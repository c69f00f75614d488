use std::io;

use retry_runtime::retryable;

#[retryable(max: 3)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max == 3)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(max => 3)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(max := 3)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(max: 3.5)]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
