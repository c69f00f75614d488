use retry_runtime::Classify;

#[derive(Classify)]
enum PayError {
    #[classify(transient, permanent)]
    Busy,
    #[classify(status = 0, throttled)]
    Http(u16),
    #[classify(inherit, messages)]
    Other(std::io::Error),
}

fn main() {}
