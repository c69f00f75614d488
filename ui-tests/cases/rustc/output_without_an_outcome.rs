use retry_runtime::retryable;

struct Reply;

#[retryable]
fn reply() -> Reply {
    Reply
}

#[retryable(on = any)]
async fn reply_later() -> Reply {
    Reply
}

#[retryable]
fn generic<R: Default>() -> R {
    R::default()
}

fn main() {}
