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

#[retryable(breaker, deadline = "30s")]
async fn reply_in_time() -> Reply {
    Reply
}

#[retryable]
fn replies() -> Box<dyn Iterator<Item = Reply>> {
    Box::new(std::iter::empty())
}

#[retryable]
fn generic<R: Default>() -> R {
    R::default()
}

fn main() {}
