use retry_runtime::Classify;

use std::time::Duration;

#[derive(Classify)]
enum PayError {
    #[classify(transient, transient)]
    Busy,
    #[classify(throttled, after = 0)]
    #[classify(after = 1)]
    Limited(Duration, Duration),
}

#[derive(Classify)]
#[classify(default = permanent, default = transient)]
enum Other {
    Declined,
}

fn main() {}
