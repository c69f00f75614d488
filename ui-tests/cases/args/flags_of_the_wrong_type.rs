use std::io;

use retry_runtime::retryable;

#[retryable(report = true)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(report())]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(docs = 1)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(docs)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(docs = "no")]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
