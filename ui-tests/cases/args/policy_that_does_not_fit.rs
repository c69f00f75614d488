use std::io;
use std::time::Duration;

use retry_runtime::{Policy, retryable};

const UNLIMITED: Policy = Policy::new().unlimited().deadline(Duration::from_secs(9));
const CUT_OFF: Policy = Policy::new().timeout(Duration::from_secs(1)).idempotent(true);
const UNCHECKED: Policy = Policy::new().unlimited();

#[retryable(policy = CUT_OFF)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = UNCHECKED)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(policy = UNLIMITED, cap = "100ms")]
fn f3() -> io::Result<()> {
    Ok(())
}

fn main() {}
