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
fn number() -> u32 {
    3
}

#[retryable]
async fn text() -> String {
    String::new()
}

#[retryable]
fn borrowed(text: &str) -> &str {
    text
}

#[retryable]
fn pair() -> (u32, std::io::Result<u32>) {
    (3, Ok(3))
}

#[retryable]
async fn always() -> io::Result<()> {
    Ok(())
}

fn main() {}
