use std::io;

use retry_runtime::retryable;

const WIDE: f64 = 1.5;

#[retryable(jitter = proportional(1.5))]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional(-0.1))]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional(WIDE))]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = additive(-1))]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = additive(f64::INFINITY))]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = first(-0.5))]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
