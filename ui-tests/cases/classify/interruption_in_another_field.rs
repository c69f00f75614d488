use retry_runtime::Classify;

#[derive(Classify)]
enum Number {
    #[classify(interruption)]
    Interrupted(u32),
}

#[derive(Classify)]
enum Text {
    #[classify(interruption)]
    Interrupted { text: String },
}

fn main() {}
