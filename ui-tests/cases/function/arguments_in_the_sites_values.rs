use std::io;
use std::time::Duration;

use retry_runtime::retryable;

struct Client {
    retries: u32,
}

impl Client {
    const RETRIES: u32 = 3;

    #[retryable(max = self.retries, attempts = Self::RETRIES)]
    fn fetch(&self) -> io::Result<()> {
        Ok(())
    }
}

trait Limit {
    const RETRIES: u32;
}

#[retryable(max = retries, base = delay, deadline = Duration::from_secs(retries.into()))]
fn charge(retries: u32, delay: Duration) -> io::Result<Duration> {
    Ok(delay * retries)
}

#[retryable(max = L::RETRIES)]
fn generic<L: Limit>() -> io::Result<()> {
    Ok(())
}

#[retryable(max = N, name = concat!("fetch", N))]
fn constant<const N: u32>() -> io::Result<()> {
    Ok(())
}

fn main() {}
