use std::io;

use retry_runtime::retryable;

#[retryable(task("mail"))]
fn name(to: String) -> io::Result<()> {
    Ok(())
}

#[retryable(task(name = "mail", retries = 3, priority = 1))]
fn settings(to: String) -> io::Result<()> {
    Ok(())
}

fn main() {}
