use std::io;
use std::time::Duration;

use retry_runtime::retryable;

fn retries() -> u32 {
    3
}

#[retryable(max = retries())]
fn max() -> io::Result<()> {
    Ok(())
}

#[retryable(base = std::env::var("BASE").map_or(Duration::ZERO, |_| Duration::from_secs(1)))]
fn base() -> io::Result<()> {
    Ok(())
}

fn main() {}
