use std::io;

use retry_runtime::retryable;

#[retryable(task(was(recipient = to)))]
fn a(recipient: String) -> io::Result<String> {
    Ok(recipient.clone())
}

#[retryable(task(was))]
fn b(recipient: String) -> io::Result<String> {
    Ok(recipient.clone())
}

#[retryable(task(was(recipent = "to")))]
fn c(recipient: String) -> io::Result<String> {
    Ok(recipient.clone())
}

#[retryable(task(state(pool), was(pool = "pools")))]
fn d(recipient: String, pool: u32) -> io::Result<String> {
    let _ = pool;
    Ok(recipient.clone())
}

fn main() {}
