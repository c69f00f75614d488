use std::io;

use retry_runtime::{Kind, retryable};

const THREE: i64 = 3;
const HALF: f32 = 0.5;
const SECONDS: u64 = 30;
const KIND: Kind = Kind::Transient;
const YES: &str = "yes";

#[retryable(max = THREE)]
fn max() -> io::Result<()> {
    Ok(())
}

#[retryable(factor = HALF)]
fn factor() -> io::Result<()> {
    Ok(())
}

#[retryable(deadline = SECONDS)]
fn deadline() -> io::Result<()> {
    Ok(())
}

#[retryable(on = KIND)]
fn on() -> io::Result<()> {
    Ok(())
}

#[retryable(idempotent = YES)]
fn idempotent() -> io::Result<()> {
    Ok(())
}

#[retryable(name = THREE)]
fn name() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = SECONDS)]
fn policy() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = SECONDS)]
fn backoff() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = ["1s", SECONDS])]
fn list() -> io::Result<()> {
    Ok(())
}

fn main() {}
