use retry_runtime::Classify;

#[derive(Debug, Classify)]
enum ShopError {
    #[classify(kind = "transient")]
    Busy,
    #[classify(kind = 503)]
    Down,
}

fn main() {}
