use retry_runtime::Classify;

#[derive(Debug, Classify)]
enum ShopError {
    #[classify(inherit)]
    Answer(String),
    #[classify(inherit)]
    Code { code: u16 },
}

fn main() {}
