use std::io;

use retry_runtime::retryable;

#[retryable(3)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable("1s")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(= 3)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(, max = 3)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(&max)]
fn f5() -> io::Result<()> {
    Ok(())
}

fn main() {}
