use std::io;

use retry_runtime::retryable;

#[retryable(backoff = exponental)]
fn misspelt_backoff() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = ful)]
fn misspelt_jitter() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportionl(0.2))]
fn misspelt_call() -> io::Result<()> {
    Ok(())
}

#[retryable(on = Transiant)]
fn misspelt_kind() -> io::Result<()> {
    Ok(())
}

#[retryable(on = transient)]
fn lower_case_kind() -> io::Result<()> {
    Ok(())
}

#[retryable(backoff = exponential(2))]
fn call_of_a_word() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional)]
fn word_without_its_number() -> io::Result<()> {
    Ok(())
}

#[retryable(jitter = proportional("0.2"))]
fn word_with_a_text() -> io::Result<()> {
    Ok(())
}

#[retryable(hint = insted)]
fn misspelt_hint() -> io::Result<()> {
    Ok(())
}

fn main() {}
