//! Settings that a call computes, of types that they cannot have.

use std::time::Duration;

use retry_runtime::{Policy, retryable};

struct Config {
    name: String,
    seconds: u64,
    policy: Option<Policy>,
    delay: Option<Duration>,
}

#[retryable(max = config.name.clone(), on = any)]
fn a_text(config: &Config) -> Result<(), String> {
    Ok(())
}

#[retryable(base = config.seconds, on = any)]
fn a_number(config: &Config) -> Result<(), String> {
    Ok(())
}

#[retryable(deadline = config.seconds, on = any)]
fn a_limit_in_seconds(config: &Config) -> Result<(), String> {
    Ok(())
}

#[retryable(policy = config.policy, on = any)]
fn a_policy_that_may_be_missing(config: &Config) -> Result<(), String> {
    Ok(())
}

#[retryable(base = config.delay, on = any)]
fn a_delay_that_may_be_missing(config: &Config) -> Result<(), String> {
    Ok(())
}

#[retryable(idempotent = config.seconds, on = any)]
fn a_flag_that_is_a_number(config: &Config) -> Result<(), String> {
    Ok(())
}

fn main() {}
