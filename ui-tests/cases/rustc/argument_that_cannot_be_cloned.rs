use std::io;

use retry_runtime::retryable;

struct Order(u32);

#[retryable(clone(order))]
fn charge(order: Order) -> io::Result<u32> {
    Ok(order.0)
}

#[retryable(clone(order))]
async fn charge_generic<O: Into<u32>>(order: O) -> io::Result<u32> {
    Ok(order.into())
}

#[retryable(clone(notify))]
async fn charge_and_notify(notify: Box<dyn Fn()>) -> io::Result<u32> {
    notify();
    Ok(3)
}

fn main() {}
