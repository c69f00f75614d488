use retry_runtime::retryable;

struct Reply;

#[retryable]
fn number() -> u32 {
    3
}

#[retryable]
async fn number_later() -> u32 {
    3
}

#[retryable(on = any)]
fn reply() -> Reply {
    Reply
}

#[retryable]
async fn boxed() -> Box<dyn std::error::Error> {
    "no".into()
}

fn main() {}
