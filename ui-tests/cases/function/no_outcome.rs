use std::io;

use retry_runtime::retryable;

#[retryable]
fn nothing() {}

#[retryable]
fn unit() -> () {}

#[retryable]
fn never() -> ! {
    panic!()
}

#[retryable]
async fn later() {}

#[retryable]
async fn always() -> io::Result<()> {
    Ok(())
}

fn main() {}
