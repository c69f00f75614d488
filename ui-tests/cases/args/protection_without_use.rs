use std::io;

use retry_runtime::retryable;

#[retryable(on = any, breaker("hosts", keys = 8))]
fn keys_without_a_key() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, budget = "")]
fn budget_without_a_name() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, breaker("", rate = 0.5))]
fn breaker_without_a_name() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, budget(keys = 8))]
fn keys_of_a_budget_without_a_key() -> io::Result<u32> {
    Ok(1)
}

fn main() {}
