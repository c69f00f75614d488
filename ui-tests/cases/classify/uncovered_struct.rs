use retry_runtime::Classify;

#[derive(Classify)]
struct Declined;

fn main() {}
