use std::io;

use retry_runtime::retryable;

fn send(order: String) -> io::Result<usize> {
    Ok(order.len())
}

#[retryable]
fn charge(order: String) -> io::Result<usize> {
    send(order)
}

#[retryable]
async fn charge_later(order: String) -> io::Result<usize> {
    send(order)
}

fn main() {}
