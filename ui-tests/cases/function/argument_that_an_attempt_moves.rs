use std::io;

use retry_runtime::retryable;

fn send(order: String) -> io::Result<usize> {
    Ok(order.len())
}

#[retryable]
fn handed_on(order: String) -> io::Result<usize> {
    send(order)
}

#[retryable]
fn dropped(orders: Vec<String>) -> io::Result<usize> {
    let count = orders.len();
    drop(orders);
    Ok(count)
}

#[retryable]
fn captured(order: String) -> io::Result<usize> {
    Ok(std::thread::spawn(move || order.len()).join().unwrap_or(0))
}

#[retryable]
async fn captured_by_a_block(order: String) -> io::Result<usize> {
    Ok(async move { order.len() }.await)
}

#[retryable]
async fn converted(order: impl Into<String>) -> io::Result<usize> {
    send(order.into())
}

#[retryable]
fn called(order: impl FnOnce() -> usize) -> io::Result<usize> {
    Ok(order())
}

#[retryable]
async fn awaited(order: impl Future<Output = io::Result<usize>>) -> io::Result<usize> {
    order.await
}

fn main() {}
