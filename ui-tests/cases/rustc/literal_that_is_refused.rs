//! rustc reports these literals before the macro runs, and once.

use std::io;

use retry_runtime::retryable;

#[retryable(max = 0x)]
fn without_digits() -> io::Result<u32> {
    Ok(3)
}

#[retryable(attempts = 0b12)]
fn with_a_digit_of_another_base() -> io::Result<u32> {
    Ok(3)
}

#[retryable(backoff = [1e, "2s"])]
fn without_an_exponent() -> io::Result<u32> {
    Ok(3)
}

#[retryable(base = '1s', cap = 3)]
fn in_single_quotes() -> io::Result<u32> {
    Ok(3)
}

#[retryable(name = "billing\charge")]
fn with_an_unknown_escape() -> io::Result<u32> {
    Ok(3)
}

#[retryable(breaker(consecutive = 0x))]
fn in_a_setting() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
