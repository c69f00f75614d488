use std::io;

use retry_runtime::retryable;

#[retryable(breaker(threshold = 0.5, failure_rate = 0.5))]
fn rates() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(max_failures = 5, timeout = "5s"))]
fn counts_and_times() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(name = "billing"))]
fn name() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(payments))]
fn name_without_quotes() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(enabled = true))]
fn switch() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(preset = grpc))]
fn no_such_setting() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(tokens = 20, ratio = 0.1))]
fn tokens() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(none))]
fn word_as_a_setting() -> io::Result<()> {
    Ok(())
}

#[retryable(circuit_breaker)]
fn circuit_breaker() -> io::Result<()> {
    Ok(())
}

#[retryable(retry_budget = none)]
fn retry_budget() -> io::Result<()> {
    Ok(())
}

fn main() {}
