use retry_runtime::retryable;

#[retryable(report)]
fn option() -> Option<()> {
    None
}

fn main() {}
