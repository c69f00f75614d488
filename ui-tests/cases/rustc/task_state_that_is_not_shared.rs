use std::cell::Cell;
use std::io;

use retry_runtime::retryable;

#[retryable(task(state(count)))]
fn send(order: u32, count: &Cell<u32>) -> io::Result<u32> {
    count.set(order);
    Ok(order)
}

fn main() {}
