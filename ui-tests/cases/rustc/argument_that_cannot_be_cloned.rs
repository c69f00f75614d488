use std::io;

use retry_runtime::retryable;

struct Order(u32);

#[retryable(clone(order))]
fn charge(order: Order) -> io::Result<u32> {
    Ok(order.0)
}

fn main() {}
