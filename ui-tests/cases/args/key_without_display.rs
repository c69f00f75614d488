use std::io;

use retry_runtime::retryable;

struct Host;

#[retryable(on = any, breaker(key = host))]
fn breaker_key(host: Host) -> io::Result<u32> {
    Ok(1)
}

#[retryable(on = any, budget(key = &hosts[0]))]
fn budget_key(hosts: &[Host]) -> io::Result<u32> {
    Ok(1)
}

fn main() {}
