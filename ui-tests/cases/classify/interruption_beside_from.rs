use retry_runtime::{Classify, Interruption};

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error("the call was interrupted")]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
    #[error("the call was cut")]
    #[classify(interruption)]
    Cut(Interruption),
}

fn main() {}
