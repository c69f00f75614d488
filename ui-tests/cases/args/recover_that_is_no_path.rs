use std::io;

use retry_runtime::retryable;

#[retryable(recover = |error| Err(error))]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = other())]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = "other")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = self.other)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(recover(other))]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
