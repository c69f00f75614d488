use std::io;

use retry_runtime::retryable;

struct Order;

#[retryable(task)]
async fn send(order: Order) -> io::Result<u32> {
    let _ = &order;
    Ok(1)
}

fn main() {}
