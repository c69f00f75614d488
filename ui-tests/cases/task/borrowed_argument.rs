use std::io;

use retry_runtime::retryable;

struct Pool;

#[retryable(task)]
async fn send(order: &str, pool: &Pool) -> io::Result<usize> {
    let _ = pool;
    Ok(order.len())
}

#[retryable(task(state(pool)))]
async fn alone(order: u32, pool: &mut Pool) -> io::Result<u32> {
    let _ = pool;
    Ok(order)
}

fn main() {}
