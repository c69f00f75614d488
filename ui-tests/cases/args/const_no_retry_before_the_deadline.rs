use std::io;
use std::time::Duration;

use retry_runtime::retryable;

const SHORT: Duration = Duration::from_millis(100);

#[retryable(deadline = SHORT, jitter = none)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
