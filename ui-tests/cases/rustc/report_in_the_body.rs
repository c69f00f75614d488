//! The body of a function with `report` returns the plain failure, and not the report.

use std::io;

use retry_runtime::{RetryError, retryable};

#[retryable(report)]
fn inner() -> Result<u32, RetryError<io::Error>> {
    Err(io::Error::other("declined"))
}

#[retryable(report)]
fn outer() -> Result<u32, RetryError<io::Error>> {
    inner()
}

#[retryable(report)]
async fn outer_later() -> Result<u32, RetryError<io::Error>> {
    inner()
}

fn main() {}
