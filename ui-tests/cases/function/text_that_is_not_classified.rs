use retry_runtime::{RetryError, retryable};

#[retryable]
fn text() -> Result<(), String> {
    Ok(())
}

#[retryable(max = 2)]
async fn borrowed_text() -> Result<(), &'static str> {
    Ok(())
}

#[retryable(report)]
fn nothing() -> Result<(), RetryError<()>> {
    Ok(())
}

fn main() {}
