use std::io;

use retry_runtime::retryable;

#[derive(Clone)]
struct Order(String);

fn send(order: Order) -> io::Result<usize> {
    Ok(order.0.len())
}

#[retryable]
fn charge(order: Order) -> io::Result<usize> {
    send(order)
}

#[retryable]
async fn charge_later(order: Order) -> io::Result<usize> {
    send(order)
}

fn main() {}
