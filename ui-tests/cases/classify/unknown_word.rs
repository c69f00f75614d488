use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(transiant)]
    Busy,
    #[classify(Permanent)]
    Declined,
    #[classify(transparent)]
    Io(u8),
    #[classify(bananas)]
    Other,
}

fn main() {}
