use std::io;

use retry_runtime::retryable;

struct Receipt;

#[retryable(task)]
async fn send(order: u32) -> io::Result<Receipt> {
    let _ = order;
    Ok(Receipt)
}

fn main() {}
