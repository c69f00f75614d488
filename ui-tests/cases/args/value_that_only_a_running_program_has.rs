use retry_runtime::retryable;

#[retryable(max = std::env::var("RETRIES").unwrap().parse().unwrap())]
fn from_the_environment() -> std::io::Result<u32> {
    Ok(3)
}

#[retryable(max = "3".parse().unwrap())]
fn parsed() -> std::io::Result<u32> {
    Ok(3)
}

// A call can compute the value from its arguments.
#[retryable(max = limit.parse::<u32>().unwrap())]
fn of_an_argument(limit: &str) -> std::io::Result<u32> {
    Ok(3)
}

fn main() {}
