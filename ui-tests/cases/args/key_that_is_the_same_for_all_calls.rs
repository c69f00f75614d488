use std::io;

use retry_runtime::retryable;

const PORT: u16 = 80;

#[retryable(breaker(key = "host"))]
fn text() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(key = PORT))]
fn constant() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(key = 1))]
fn number() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(key = |call| call))]
fn closure() -> io::Result<()> {
    Ok(())
}

#[retryable(label = PORT)]
fn label() -> io::Result<()> {
    Ok(())
}

fn main() {}
