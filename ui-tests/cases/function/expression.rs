use retry_runtime::retryable;

fn fetch() -> std::io::Result<u32> {
    Ok(3)
}

fn main() {
    #[retryable]
    fetch();
}
