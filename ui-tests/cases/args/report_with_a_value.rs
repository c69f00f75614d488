use std::io;

use retry_runtime::{RetryError, retryable};

#[retryable(report = true)]
fn charge() -> Result<u32, RetryError<io::Error>> {
    Err(io::Error::other("declined"))
}

#[retryable(report(short))]
async fn charge_later() -> Result<u32, RetryError<io::Error>> {
    Err(io::Error::other("declined"))
}

fn main() {}
