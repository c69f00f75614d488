use retry_runtime::Classify;

use std::time::Duration;

#[derive(Classify)]
enum PayError {
    #[classify(transient = true)]
    Busy,
    #[classify(throttled, after)]
    Limited(Duration),
    #[classify(after = "wait")]
    Quoted { wait: Duration },
    #[classify(after = self.wait)]
    Path { wait: Duration },
    #[classify(status(0))]
    Http(u16),
    #[classify(status =)]
    Nothing(u16),
    #[classify(kind)]
    Kind(u8),
    #[classify(kind = ,)]
    NoExpr(u8),
    #[classify(permanent transient)]
    NoComma,
}

fn main() {}
