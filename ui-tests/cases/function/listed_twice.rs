use std::io;

use retry_runtime::retryable;

#[retryable(clone(order, order))]
fn charge(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(clone(cursor), keep(cursor))]
fn read(mut cursor: u32) -> io::Result<u32> {
    cursor += 1;
    Ok(cursor)
}

fn main() {}
