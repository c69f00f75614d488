use retry_runtime::retryable;

struct Client;

#[retryable]
impl Client {
    fn fetch(&self) -> std::io::Result<u32> {
        Ok(3)
    }
}

#[retryable]
trait Fetch {
    fn fetch(&self) -> std::io::Result<u32>;
}

#[retryable]
struct Order {
    number: u32,
}

#[retryable]
enum State {
    Open,
}

#[retryable]
mod inner {
    pub fn fetch() -> std::io::Result<u32> {
        Ok(3)
    }
}

#[retryable]
const LIMIT: u32 = 3;

#[retryable]
static NAME: &str = "fetch";

#[retryable]
type Outcome = std::io::Result<u32>;

#[retryable]
use std::io;

#[retryable]
unsafe extern "C" {
    fn abs(number: i32) -> i32;
}

#[retryable]
extern crate core as base;

fn main() {
    let _ = Client.fetch();
    let _ = inner::fetch();
    let _: io::Result<u32> = Ok(LIMIT);
}
