use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(permanent)]
    Declined,
    Busy,
    Limited { wait: u8 },
}

fn main() {}
