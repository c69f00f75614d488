use retry_runtime::retryable;

#[retryable(on = any)]
fn numbers() -> impl Iterator<Item = u32> {
    vec![1].into_iter()
}

#[retryable(on = any)]
async fn later() -> impl std::fmt::Debug {
    1
}

fn main() {}
