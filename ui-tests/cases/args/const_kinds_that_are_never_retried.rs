use std::io;

use retry_runtime::{Kind, Kinds, retryable};

const EVERYTHING: Kinds = Kinds::NONE.with(Kind::Transient).with(Kind::Permanent);

#[retryable(on = EVERYTHING)]
fn f1() -> io::Result<()> {
    Ok(())
}

fn main() {}
