use std::future::Future;
use std::io;

use retry_runtime::retryable;

#[retryable]
fn sync() -> Option<io::Result<u32>> {
    None
}

#[retryable(on = any)]
async fn later() -> Option<Result<u32, String>> {
    None
}

#[retryable]
fn future() -> impl Future<Output = std::option::Option<io::Result<Vec<u8>>>> {
    async { None }
}

fn main() {}
