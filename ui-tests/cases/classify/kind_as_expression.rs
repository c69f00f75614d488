use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(kind = transient)]
    Busy,
    #[classify(kind = Permanent)]
    Declined,
}

fn main() {}
