use std::io;

use retry_runtime::retryable;

struct Shop;

impl Shop {
    #[retryable(task)]
    async fn send(order: u32) -> io::Result<u32> {
        Ok(order)
    }
}

fn main() {
    let _ = Shop::send(1);
}
