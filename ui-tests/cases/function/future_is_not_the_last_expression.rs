use std::future::Future;
use std::io;

use retry_runtime::retryable;

#[retryable]
fn fetch() -> impl Future<Output = io::Result<u32>> {
    loop {
        std::thread::park();
    };
}

#[retryable]
fn made_too_early() -> impl Future<Output = io::Result<u32>> {
    let future = std::future::ready(Ok(3));
    println!("made");
    future
}

fn main() {}
