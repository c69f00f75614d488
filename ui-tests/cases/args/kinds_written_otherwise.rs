use std::io;

use retry_runtime::retryable;

#[retryable(on = "any")]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(on = "Transient")]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(on = [Transient, Throttled])]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(on = (Transient, Throttled))]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Transient || Throttled)]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(on = 503)]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(on(Transient))]
fn f7() -> io::Result<()> {
    Ok(())
}

#[retryable(on)]
fn f8() -> io::Result<()> {
    Ok(())
}

#[retryable(on = vec![Transient, Throttled])]
fn more0() -> io::Result<()> {
    Ok(())
}

#[retryable(on = 5..)]
fn more1() -> io::Result<()> {
    Ok(())
}

#[retryable(retry = retry_if_timeout(3))]
fn more2() -> io::Result<()> {
    Ok(())
}

fn main() {}
