use std::io;

use retry_runtime::retryable;

#[retryable(task = true)]
fn a(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(task(stat(pool), concurency = 3))]
fn b(order: u32, pool: u32) -> io::Result<u32> {
    Ok(order + pool)
}

#[retryable(task(state(pol), redact(order, order), redact(pool)))]
fn c(order: u32, pool: u32) -> io::Result<u32> {
    Ok(order + pool)
}

#[retryable(task(state(pool), redact(pool)))]
fn d(order: u32, pool: u32) -> io::Result<u32> {
    Ok(order + pool)
}

#[retryable(task(state()))]
fn e(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(task, task)]
fn f(order: u32) -> io::Result<u32> {
    Ok(order)
}

fn main() {}
