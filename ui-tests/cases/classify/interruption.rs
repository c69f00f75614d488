use retry_runtime::{Classify, Interruption};

#[derive(Classify)]
enum TwoFields {
    #[classify(interruption)]
    Cut(Interruption, u8),
}

#[derive(Classify)]
enum NoField {
    #[classify(interruption)]
    Cut,
}

#[derive(Classify)]
enum Twice {
    #[classify(interruption)]
    Cut(Interruption),
    #[classify(interruption)]
    Late(Interruption),
}

#[derive(Debug, thiserror::Error, Classify)]
enum From {
    #[error(transparent)]
    #[classify(interruption)]
    Cut(#[from] Interruption),
}

#[derive(Classify)]
enum Value {
    #[classify(interruption = Cut)]
    Cut(Interruption),
}

fn main() {}
