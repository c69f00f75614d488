use std::io;

use retry_runtime::retryable;

#[retryable(stop_after_attempt = 3, wait_exponential = "1s")]
fn tenacity() -> io::Result<()> {
    Ok(())
}

#[retryable(maxAttempts = 3, delay_ms = 100)]
fn camel_case_and_units() -> io::Result<()> {
    Ok(())
}

#[retryable(retry_for = Busy, no_retry_for = Gone)]
fn classes() -> io::Result<()> {
    Ok(())
}

#[retryable(not_idempotent, log = true)]
fn flags() -> io::Result<()> {
    Ok(())
}

#[retryable(hedge = "1s", limit = 3)]
fn not_offered() -> io::Result<()> {
    Ok(())
}

#[retryable(retri)]
fn nearly() -> io::Result<()> {
    Ok(())
}

fn main() {}
