use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(default = permanent)]
    Declined,
    #[classify(transient, crate = my_crate)]
    Busy,
}

fn main() {}
