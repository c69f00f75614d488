//! Settings that cannot be computed by a call.

use retry_runtime::{Jitter, Kinds, retryable};

struct Config {
    jitter: Jitter,
    kinds: Kinds,
    name: &'static str,
}

#[retryable(jitter = config.jitter, on = any)]
fn a_jitter(config: &Config) -> Result<Jitter, String> {
    Ok(config.jitter)
}

#[retryable(on = config.kinds, name = config.name)]
fn kinds_and_a_name(config: &Config) -> std::io::Result<Kinds> {
    Ok(config.kinds)
}

#[retryable(max = retries, base = "1s", task)]
async fn a_task(retries: u32) -> std::io::Result<u32> {
    Ok(retries)
}

fn main() {}
