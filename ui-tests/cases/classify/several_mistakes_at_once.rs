use retry_runtime::Classify;

#[derive(Classify)]
#[classify(default = permanant, transient)]
enum PayError<T> {
    #[classify(transiant, after = wait)]
    Busy,
    #[classify(status = cod, permanent)]
    Http { code: u16 },
    #[classify(inherit)]
    Io(T, T),
    Forgotten,
}

fn retried<E: Classify>(_: E) {}

fn no_further_mistake_is_made_of_them(error: PayError<u8>) {
    retried(error);
}

fn main() {}
