use std::io;

use retry_runtime::retryable;

#[retryable(budget)]
fn f1() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = 3)]
fn f2() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = true)]
fn f3() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = payments)]
fn f4() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate))]
fn f5() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(rate = 0.5 calls = 3))]
fn f6() -> io::Result<()> {
    Ok(())
}

#[retryable(budget(capacity = 20, capacity = 30))]
fn f7() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker(3))]
fn f8() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker = Breaker::new("payments"), budget = Budget::new(20))]
fn f9() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = 0, breaker = 0)]
fn more0() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = 0.2, breaker = 0.5)]
fn more1() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = "20%", breaker = "50 %")]
fn more2() -> io::Result<()> {
    Ok(())
}

#[retryable(budget = Some(3))]
fn more3() -> io::Result<()> {
    Ok(())
}

#[retryable(breaker["payments"])]
fn more4() -> io::Result<()> {
    Ok(())
}

fn main() {}
