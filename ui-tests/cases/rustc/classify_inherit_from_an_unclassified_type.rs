use retry_runtime::Classify;

struct Opaque;

#[derive(Classify)]
enum PayError {
    #[classify(inherit)]
    Inner(Opaque),
}

fn main() {}
