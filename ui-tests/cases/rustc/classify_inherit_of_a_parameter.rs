use retry_runtime::Classify;

#[derive(Classify)]
enum PayError<T> {
    #[classify(inherit)]
    Inner(T),
}

fn retried<E: Classify>(_: E) {}

fn main() {
    retried(PayError::Inner(7));
}
