use retry_runtime::Classify;

#[derive(Classify)]
#[classify(default)]
enum Alone {
    Busy,
}

#[derive(Classify)]
#[classify(default = Kind::Permanent)]
enum Path {
    Busy,
}

#[derive(Classify)]
#[classify(default = inherit)]
enum NotAKind {
    Busy,
}

#[derive(Classify)]
#[classify(default = permanent, crate)]
enum NoPath {
    Busy,
}

#[derive(Classify)]
#[classify(default = permanent, crate = 7)]
enum NotAPath {
    Busy,
}

fn main() {}
