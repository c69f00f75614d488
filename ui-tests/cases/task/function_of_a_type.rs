use std::io;

use retry_runtime::retryable;

struct Shop;

impl Shop {
    #[retryable(task)]
    async fn open(name: String) -> io::Result<Option<Self>> {
        Ok((name == "shop").then_some(Shop))
    }
}

fn main() {
    let _ = Shop::open(String::new());
}
