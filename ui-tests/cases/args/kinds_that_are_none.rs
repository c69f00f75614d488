use std::io;

use retry_runtime::retryable;

enum Failure {
    Busy,
}

#[retryable(on = all)]
fn all() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Failure::Busy)]
fn variant() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Busy)]
fn name_of_a_variant() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Failure::is_busy)]
fn function() -> io::Result<()> {
    Ok(())
}

#[retryable(on = |error| true)]
fn closure() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Timeout)]
fn timeout() -> io::Result<()> {
    Ok(())
}

#[retryable(on = 503)]
fn status() -> io::Result<()> {
    Ok(())
}

#[retryable(on = !Permanent)]
fn negation() -> io::Result<()> {
    Ok(())
}

#[retryable(on = std::io::ErrorKind::TimedOut)]
fn kind_of_io() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Transient | Transient)]
fn twice() -> io::Result<()> {
    Ok(())
}

#[retryable(on(Transient, Throttled))]
fn parentheses() -> io::Result<()> {
    Ok(())
}

#[retryable(on = any())]
fn call() -> io::Result<()> {
    Ok(())
}

fn main() {}
