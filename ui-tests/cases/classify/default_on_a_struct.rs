use retry_runtime::Classify;

#[derive(Classify)]
#[classify(default = permanent)]
struct Declined;

fn main() {}
