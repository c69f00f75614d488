use retry_runtime::{Classify, Kind};

#[derive(Classify)]
enum Http {
    #[classify(kind = if *code > 499 { transient } else { permanent })]
    Status { code: u16 },
}

// A field and a function may have such a name.
#[derive(Classify)]
enum Flag {
    #[classify(kind = if *transient { Kind::Transient } else { permanent(3) })]
    Known { transient: bool },
}

fn permanent(_code: u16) -> Kind {
    Kind::Permanent
}

#[derive(Classify)]
enum Joined {
    #[classify(transient | throttled)]
    Either,
    #[classify(throttled(after = wait))]
    Nested { wait: std::time::Duration },
    #[classify(retry = false)]
    Never,
    #[classify(throttled, after = std::time::Duration::from_secs(3))]
    Constant,
}

fn main() {}
