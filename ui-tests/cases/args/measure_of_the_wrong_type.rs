use std::io;

use retry_runtime::retryable;

#[retryable(measure = "yes")]
fn text() -> io::Result<()> {
    Ok(())
}

#[retryable(measure = on)]
fn word() -> io::Result<()> {
    Ok(())
}

#[retryable(measure("10s"))]
fn list() -> io::Result<()> {
    Ok(())
}

#[retryable(measured)]
fn misspelt() -> io::Result<()> {
    Ok(())
}

#[retryable(measure = is_measured)]
fn of_a_call(is_measured: bool) -> io::Result<bool> {
    Ok(is_measured)
}

fn main() {}
