use std::io;

use retry_runtime::retryable;

#[derive(Clone)]
struct Client;

impl Client {
    #[retryable(clone(self))]
    fn fetch(self) -> io::Result<()> {
        Ok(())
    }
}

#[retryable(clone(order))]
fn charge(order: &str) -> io::Result<String> {
    Ok(order.to_owned())
}

fn main() {}
