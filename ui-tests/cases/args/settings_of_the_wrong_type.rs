use std::io;

use retry_runtime::retryable;

#[retryable(breaker(open = 5, rate = 50, consecutive = "5"))]
fn times_rates_and_counts() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate = "50%"))]
fn percentage() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate = ))]
fn missing_value() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate: 0.5))]
fn colon() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(window = 100))]
fn window_without_count() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(window = "30s"))]
fn window_without_time() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(window = time(30)))]
fn time_without_unit() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(open = none))]
fn no_such_word() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(consecutive = 0))]
fn zero() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(capacity = "20"))]
fn text() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(capacity = many))]
fn no_constant() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = "20")]
fn number_as_a_name() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = "none")]
fn word_as_a_name() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = 20)]
fn number() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = off)]
fn off() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = none)]
fn no_breaker() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = "billing"(rate = 0.5))]
fn settings_behind_the_name() -> io::Result<()> {
    Ok(())
}

fn main() {}
