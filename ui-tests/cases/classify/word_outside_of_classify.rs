use retry_runtime::Classify;

#[derive(Debug, Classify)]
enum ShopError {
    #[transient]
    Busy,
    #[classify(throttled)]
    #[permanent]
    Closed,
    #[inherit]
    Io(std::io::Error),
    #[classify(inherit)]
    Other(#[inherit] std::io::Error),
}

#[derive(Debug, Classify)]
#[permanent]
struct Declined;

#[derive(Debug, Classify)]
#[ambiguous]
enum Broken {
    Line,
}

fn main() {}
