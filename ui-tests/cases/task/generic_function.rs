use std::fmt::Display;
use std::io;

use retry_runtime::retryable;

#[retryable(task)]
fn print<T: Display>(value: T) -> io::Result<String> {
    Ok(value.to_string())
}

#[retryable(task)]
async fn show(value: impl Display) -> io::Result<String> {
    Ok(value.to_string())
}

#[retryable(task)]
fn fill<const N: usize>(value: u8) -> io::Result<usize> {
    Ok(N + usize::from(value))
}

fn main() {}
