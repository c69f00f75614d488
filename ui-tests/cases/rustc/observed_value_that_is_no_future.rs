//! `observe` and `inherited` take a future.

use std::io;

use retry_runtime::{inherited, observe, retryable};

#[retryable]
fn read() -> io::Result<u32> {
    Ok(1)
}

#[retryable]
async fn fetch() -> io::Result<u32> {
    Ok(1)
}

async fn a_call_that_blocks() {
    let (_value, _report) = observe(read()).await;
}

async fn a_call_that_is_awaited_before() {
    let (_value, _report) = observe(fetch().await);
}

async fn a_deadline_for_a_call_that_blocks() {
    let _ = inherited(read()).await;
}

fn main() {}
