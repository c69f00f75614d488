use std::io;

use retry_runtime::retryable;

#[retryable(fatcor = 2.0)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(retries = 3)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(max_delay = "10s")]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(Max = 3)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(fallback = other)]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(bananas = 3)]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(bananas)]
fn f7() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Transient, Ambiguous)]
fn f8() -> io::Result<()> {
    Ok(())
}

fn main() {}
