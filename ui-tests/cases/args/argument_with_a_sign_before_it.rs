use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use retry_runtime::retryable;

static MAX: AtomicU32 = AtomicU32::new(3);

#[retryable(!idempotent)]
fn a_negation() -> io::Result<u32> {
    Ok(1)
}

#[retryable(
    /// the number of retries
    max = 3,
    #[cfg(test)]
    base = "1s",
)]
fn a_comment_and_a_condition() -> io::Result<u32> {
    Ok(1)
}

#[retryable(max = MAX.load(Ordering::Relaxed), name = "billing::*", retry_after = true)]
fn values_that_cannot_be() -> io::Result<u32> {
    Ok(1)
}

#[retryable(clone(name.clone()))]
fn a_call_in_a_list(name: String) -> io::Result<String> {
    Ok(name)
}

fn main() {
    let _ = (a_negation(), a_comment_and_a_condition(), values_that_cannot_be());
    let _ = a_call_in_a_list(String::new());
}
