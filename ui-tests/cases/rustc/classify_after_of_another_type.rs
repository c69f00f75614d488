use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(throttled, after = seconds)]
    Limited { seconds: u64 },
}

fn main() {}
