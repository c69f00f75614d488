use std::io;

use retry_runtime::retryable;

#[retryable(
    max = "3",
    fatcor = 2.0,
    base = 1,
    cap = "500ms",
    on = Transient, Permanent,
    deadline = "0s",
    attempt = "ctx",
    timeout = "5s"
)]
const fn charge(mut order: u32) -> io::Result<()> {
    order += 1;
    assert!(order > 0);
    Ok(())
}

fn main() {}
