use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(Kind::Transient)]
    Busy,
    #[classify("permanent")]
    Declined,
    #[classify(503)]
    Http,
}

fn main() {}
