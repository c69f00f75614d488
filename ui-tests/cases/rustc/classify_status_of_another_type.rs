use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(status = code)]
    Http { code: String },
}

fn main() {}
