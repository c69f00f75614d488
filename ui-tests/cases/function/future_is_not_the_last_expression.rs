use std::future::Future;
use std::io;

use retry_runtime::retryable;

#[retryable]
fn fetch() -> impl Future<Output = io::Result<u32>> {
    let future = async { Ok(3) };
    return future;
}

fn main() {}
