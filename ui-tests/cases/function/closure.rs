use retry_runtime::retryable;

fn main() {
    let fetch = #[retryable]
    || std::io::Result::Ok(3);
    let _ = fetch();
}
