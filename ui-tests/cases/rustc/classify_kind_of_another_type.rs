use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(kind = *code > 7)]
    Declined { code: u8 },
}

fn main() {}
