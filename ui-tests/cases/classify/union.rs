use retry_runtime::Classify;

#[derive(Classify)]
union Bits {
    whole: u32,
    half: u16,
}

fn main() {}
