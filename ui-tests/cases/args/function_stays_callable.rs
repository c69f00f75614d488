use std::io;

use retry_runtime::{RetryError, retryable};

#[retryable(max = "3")]
fn charge(order: u32) -> io::Result<u32> {
    Ok(order)
}

#[retryable(base = 1, attempt = ctx)]
fn numbered(order: u32) -> io::Result<u32> {
    Ok(order + ctx.number())
}

#[retryable(bse = "1s", contxt = ctx)]
async fn misspelt(order: u32) -> io::Result<u32> {
    Ok(order + ctx.number())
}

#[retryable(deadlin = "30s", report)]
fn reported(order: u32) -> Result<u32, RetryError<io::Error>> {
    let text = std::fs::read_to_string("order")?;
    if text.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(order) }
}

#[retryable(deadlin = "30s", report, attempt = ctx)]
async fn both(order: &mut u32) -> Result<u32, RetryError<io::Error>> {
    *order += ctx.number();
    let text = std::fs::read_to_string("order")?;
    if text.is_empty() { Err(io::ErrorKind::NotFound.into()) } else { Ok(*order) }
}

fn main() {
    let _: io::Result<u32> = charge(1);
    let _: io::Result<u32> = numbered(1);
    let _: Result<u32, RetryError<io::Error>> = reported(1);
    drop(misspelt(1));
    drop(both(&mut 1));
}
