use retry_runtime::retryable;

struct Declined;

#[retryable]
fn charge() -> Result<u32, Declined> {
    Ok(3)
}

#[retryable(max = 5)]
async fn charge_later() -> Result<u32, Declined> {
    Ok(3)
}

#[retryable(on = Transient, when = |_| true)]
fn both() -> Result<u32, String> {
    Ok(3)
}

#[retryable]
fn generic<E>() -> Result<u32, E> {
    Ok(3)
}

fn main() {}
