use std::io;

use retry_runtime::retryable;

const PATIENT_POLICY: retry_runtime::Policy = retry_runtime::Policy::new();

#[retryable(policy = PATIENT)]
fn policy() -> io::Result<()> {
    Ok(())
}

#[retryable(max = three)]
fn max() -> io::Result<()> {
    Ok(())
}

fn main() {
    let _ = PATIENT_POLICY;
}
