use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(inherit)]
    Unit,
    #[classify(inherit)]
    Empty {},
}

#[derive(Classify)]
#[classify(inherit)]
struct Declined;

fn main() {}
