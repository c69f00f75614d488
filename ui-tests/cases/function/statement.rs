use retry_runtime::retryable;

fn main() {
    #[retryable]
    let fetch = || std::io::Result::Ok(3);
    let _ = fetch();
}
