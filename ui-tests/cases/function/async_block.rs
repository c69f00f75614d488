use retry_runtime::retryable;

async fn fetch() -> std::io::Result<u32> {
    #[retryable]
    async move { Ok(3) }.await
}

fn main() {
    let later = #[retryable]
    async {
        fetch().await
    };
    drop(later);
}
