use retry_runtime::Classify;

#[derive(Classify)]
enum Misspelt {
    #[clasify(transient)]
    Busy,
}

#[derive(Classify)]
enum OfAField {
    Http(#[classify(status)] u16),
}

fn main() {}
