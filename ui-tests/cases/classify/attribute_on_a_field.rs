use retry_runtime::Classify;

use std::time::Duration;

#[derive(Classify)]
enum PayError {
    #[classify(throttled)]
    Limited {
        #[classify(after)]
        wait: Duration,
    },
    #[classify(permanent)]
    Io(#[classify(inherit)] std::io::Error),
}

fn main() {}
