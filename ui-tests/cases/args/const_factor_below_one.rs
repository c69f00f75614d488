use std::io;

use retry_runtime::retryable;

const SHRINK: f64 = 0.5;

#[retryable(factor = SHRINK)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = f64::NAN)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = f64::INFINITY)]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
