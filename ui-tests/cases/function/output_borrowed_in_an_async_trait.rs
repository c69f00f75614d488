use std::io;

use async_trait::async_trait;
use retry_runtime::retryable;

struct Buffer {
    text: String,
}

#[async_trait]
trait Fill {
    async fn fill(&mut self) -> io::Result<&str>;
}

#[async_trait]
impl Fill for Buffer {
    #[retryable]
    async fn fill(&mut self) -> io::Result<&str> {
        Ok(&self.text)
    }
}

fn main() {}
