use std::io;

use retry_runtime::retryable;

#[retryable(clone(ordr))]
fn charge(order: String) -> io::Result<String> {
    Ok(order)
}

#[retryable(keep(position), clone(x))]
fn read(mut cursor: u32, limit: u32) -> io::Result<u32> {
    cursor += limit;
    Ok(cursor)
}

#[retryable(clone(order))]
fn nothing() -> io::Result<()> {
    Ok(())
}

fn main() {}
