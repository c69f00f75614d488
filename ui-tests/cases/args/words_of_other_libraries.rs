use std::io;

use retry_runtime::retryable;

#[retryable(backoff = constant)]
fn constant() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = fixed("1s"))]
fn delay_in_parentheses() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff(base = "1s"))]
fn settings_in_parentheses() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ("1s", "2s"))]
fn tuple() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = vec!["1s"])]
fn vector() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = random)]
fn random() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = off)]
fn off() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = true)]
fn switch() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = 0.2)]
fn part() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional(20))]
fn part_out_of_range() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = percent(20))]
fn percent() -> io::Result<()> {
    Ok(())
}

#[retryable(hint = exactly)]
fn exactly() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = awz)]
fn misspelt() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = 2, backoff = linear)]
fn factor_without_use() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = none)]
fn no_limit() -> io::Result<()> {
    Ok(())
}

#[retryable(max = none)]
fn no_number() -> io::Result<()> {
    Ok(())
}

#[retryable(idempotent = yes)]
fn yes() -> io::Result<()> {
    Ok(())
}

fn main() {}
