use std::io;

use retry_runtime::retryable;

#[retryable(breaker(share))]
fn nothing() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(share = true))]
fn flag() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(share = ""))]
fn empty() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(share = "none"))]
fn none() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(share = orders))]
fn without_quotes() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(shared = "orders"))]
fn nearly() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(share = "orders"))]
fn budget() -> io::Result<()> {
    Ok(())
}

fn main() {}
