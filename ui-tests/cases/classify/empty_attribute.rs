use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify]
    Busy,
    #[classify()]
    Declined,
    #[classify = "permanent"]
    Other,
}

fn main() {}
