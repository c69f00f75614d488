use std::io;

use retry_runtime::retryable;

#[retryable(on = any, breaker(rate = 0.0))]
fn no_rate() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, breaker(rate = f64::NAN))]
fn no_number() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, breaker(probes = 0))]
fn no_probes() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, breaker(window = count(0)))]
fn no_window() -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, budget(capacity = 0))]
fn no_capacity() -> io::Result<u32> {
    Ok(1)
}

fn main() {}
