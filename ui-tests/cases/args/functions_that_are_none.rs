use std::io;

use retry_runtime::{CancelToken, Policy, retryable};

enum Failure {
    Busy,
}

#[retryable(when = Failure::Busy)]
fn variant() -> io::Result<()> {
    Ok(())
}

#[retryable(when = matches!(error, Failure::Busy))]
fn answer() -> io::Result<()> {
    Ok(())
}

#[retryable(when = error.is_timeout())]
fn method() -> io::Result<()> {
    Ok(())
}

#[retryable(when = || true)]
fn no_argument() -> io::Result<()> {
    Ok(())
}

#[retryable(when = |error: Failure| true)]
fn value() -> io::Result<()> {
    Ok(())
}

#[retryable(when = async |error| true)]
fn waits() -> io::Result<()> {
    Ok(())
}

#[retryable(retry_if = 1 + 1)]
fn number() -> io::Result<()> {
    Ok(())
}

#[retryable(on_retry = println!("again"))]
fn macro_call() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = Ok(()))]
fn value_of_recover() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = None)]
fn none() -> io::Result<()> {
    Ok(())
}

#[retryable(recover = { Ok(()) })]
fn block() -> io::Result<()> {
    Ok(())
}

#[retryable(cancel = CancelToken)]
fn type_of_a_token() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = Policy)]
fn type_of_a_policy() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = Policy::default())]
fn not_constant() -> io::Result<()> {
    Ok(())
}

#[retryable(retry_if = None)]
fn more0() -> io::Result<()> {
    Ok(())
}

#[retryable(when = E)]
fn more1() -> io::Result<()> {
    Ok(())
}

fn main() {}
