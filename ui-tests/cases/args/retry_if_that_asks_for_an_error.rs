use std::io;

use retry_runtime::retryable;

#[retryable(retry_if = |result| result.is_err())]
fn charge() -> io::Result<u32> {
    Ok(3)
}

#[retryable(retry_if = |result| !result.is_ok())]
async fn charge_later() -> io::Result<u32> {
    Ok(3)
}

fn main() {}
