use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(messages)]
    Opaque(String),
}

fn main() {}
