use retry_runtime::retryable;

#[retryable(backoff = ["1s" "2s"], mx = 3)]
fn delays() -> std::io::Result<u32> {
    Ok(3)
}

#[retryable(max = 3 | base = "1s", mx = 3)]
fn another_operator() -> std::io::Result<u32> {
    Ok(3)
}

#[retryable(,,, mx = 3)]
fn commas_alone() -> std::io::Result<u32> {
    Ok(3)
}

#[retryable(policy::max = 3, mx = 3)]
fn a_path() -> std::io::Result<u32> {
    Ok(3)
}

fn main() {}
