use std::io;

use retry_runtime::retryable;

#[retryable(hint = "instead")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(hint = "5s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(hint_cap = clmp("10s"))]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(hint_cap = clamp())]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(hint_cap = clamp("10"))]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(hint_cap = "clamp(10s)")]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
