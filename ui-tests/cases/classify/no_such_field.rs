use retry_runtime::Classify;

use std::time::Duration;

#[derive(Classify)]
enum PayError {
    #[classify(throttled, after = retry_aftr)]
    Limited { retry_after: Duration, desk: u8 },
    #[classify(throttled, after = 2)]
    Tuple(Duration, u8),
    #[classify(status = _0)]
    Http(u16),
    #[classify(after = wait)]
    Unit,
    #[classify(status = elephant)]
    Named { code: u16, desk: u8 },
}

fn main() {}
