use std::io;

use retry_runtime::retryable;

#[retryable(jitter = "full")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = "exponential")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = "a bit")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = 0.2)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = 2)]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = Full)]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = Fixed)]
fn f7() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = 2)]
fn more0() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = (exponential, "1s"))]
fn more1() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = |delay| delay)]
fn more2() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional(r = 0.2))]
fn more3() -> io::Result<()> {
    Ok(())
}

fn main() {}
