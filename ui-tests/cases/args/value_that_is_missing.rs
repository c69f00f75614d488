use std::io;

use retry_runtime::retryable;

#[retryable(max =)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(max = , base = "1s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(max)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(base)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(when)]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(max(3))]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
