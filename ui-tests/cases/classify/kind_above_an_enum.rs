use retry_runtime::Classify;

#[derive(Classify)]
#[classify(permanent)]
enum PayError {
    Declined,
}

#[derive(Classify)]
#[classify(inherit)]
enum Inner {
    Io(std::io::Error),
}

fn main() {}
