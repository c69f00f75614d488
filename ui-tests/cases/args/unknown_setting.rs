use std::io;

use retry_runtime::retryable;

#[retryable(breaker(rat = 0.5))]
fn misspelt_setting() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate = 1.5))]
fn rate_out_of_range() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(open = 5))]
fn time_without_a_unit() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = grcp)]
fn misspelt_preset() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(capacty = 20))]
fn misspelt_setting_of_a_budget() -> io::Result<()> {
    Ok(())
}

fn main() {}
