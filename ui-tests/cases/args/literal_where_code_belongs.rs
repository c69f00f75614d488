use std::io;

use retry_runtime::retryable;

#[retryable(when = true)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(when = "is_busy")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(retry_if = 3)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(on_retry = "log")]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(cancel = "token")]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = "FAST")]
fn f6() -> io::Result<()> {
    Ok(())
}

fn main() {}
