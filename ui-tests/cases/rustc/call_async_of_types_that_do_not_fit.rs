//! Calls by `Policy::call_async` whose types do not fit.

use retry_runtime::{Classify, Policy};

const POLICY: Policy = Policy::new();

#[derive(Debug, Classify)]
#[classify(transient)]
struct Busy;

async fn a_closure_that_returns_no_future() -> std::io::Result<String> {
    POLICY.call_async(|_| std::fs::read_to_string("prices.txt")).await
}

async fn an_error_that_cannot_tell_an_interruption() -> Result<(), Busy> {
    POLICY.call_async(|_| async { Err(Busy) }).await
}

fn a_blocking_call_of_a_future() {
    let _ = POLICY.call(async |_| std::io::Result::Ok(7));
}

fn main() {}
