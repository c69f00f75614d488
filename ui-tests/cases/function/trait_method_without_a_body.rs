use std::io;

use retry_runtime::retryable;

trait Client {
    #[retryable]
    fn fetch(&self) -> io::Result<u32>;

    #[retryable]
    async fn post(&self) -> io::Result<u32>;
}

fn main() {}
