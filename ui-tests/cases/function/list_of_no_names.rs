use std::io;

use retry_runtime::retryable;

#[retryable(clone())]
fn empty(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(clone = order)]
fn equals(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(clone(&order))]
fn reference(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(clone(order.id))]
fn field(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(keep)]
fn bare(mut cursor: u32) -> io::Result<u32> {
    cursor += 1;
    Ok(cursor)
}

#[retryable(keep(mut cursor))]
fn mutable(mut cursor: u32) -> io::Result<u32> {
    cursor += 1;
    Ok(cursor)
}

fn main() {}
