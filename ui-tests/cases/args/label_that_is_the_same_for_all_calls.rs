//! A label that tells nothing apart.

use retry_runtime::retryable;

#[retryable(label = "charge", on = any)]
fn a_text() -> Result<(), String> {
    Ok(())
}

#[retryable(label, on = any)]
fn no_value(operation: &str) -> Result<(), String> {
    Err(operation.to_owned())
}

struct Opaque;

#[retryable(label = operation, on = any)]
fn without_display(operation: &Opaque) -> Result<(), String> {
    Ok(())
}

fn main() {}
