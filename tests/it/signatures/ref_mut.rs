//! Parameters `ref mut name`: like `mut name`, their changes carry over only if the attribute says so.

#![allow(clippy::toplevel_ref_arg, reason = "the subject of this file")]

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s", keep(seen))]
fn kept(runs: &Runs, ref mut seen: Vec<u32>) -> Result<usize, E> {
    seen.push(1);
    runs.fail(2)?;
    Ok(seen.len())
}

#[retryable(base = "0s", clone(seen))]
fn cloned(runs: &Runs, ref mut seen: Vec<u32>) -> Result<usize, E> {
    seen.push(1);
    runs.fail(2)?;
    Ok(seen.len())
}

fn consume<T>(value: T) -> T {
    value
}

#[retryable(base = "0s", keep(seen))]
async fn kept_and_passed_on(runs: &Runs, ref mut seen: Vec<u32>) -> Result<usize, E> {
    let seen = consume(seen);
    seen.push(1);
    runs.fail_later(2).await?;
    Ok(seen.len())
}

#[retryable(base = "0s", clone(a), keep(b))]
async fn parts(runs: &Runs, (ref mut a, ref mut b): (Vec<u32>, String)) -> Result<usize, E> {
    a.push(1);
    b.push('b');
    runs.fail_later(2).await?;
    Ok(a.len() * 10 + b.len())
}

struct Pair {
    a: Vec<u32>,
}

#[retryable(base = "0s")]
fn behind_a_reference(runs: &Runs, &mut Pair { ref mut a }: &mut Pair) -> Result<usize, E> {
    a.push(1);
    runs.fail(2)?;
    Ok(a.len())
}

#[retryable(base = "0s")]
fn borrowed(runs: &Runs, ref seen: Vec<u32>) -> Result<usize, E> {
    runs.fail(2)?;
    Ok(seen.len())
}

#[test]
fn changes_through_ref_mut_carry_over_only_if_they_are_kept() {
    let new = Runs::new;
    assert_eq!(kept(&new(), Vec::new()), Ok(3));
    assert_eq!(cloned(&new(), Vec::new()), Ok(1));
    assert_eq!(borrowed(&new(), vec![7]), Ok(1));
    let mut pair = Pair { a: Vec::new() };
    assert_eq!(behind_a_reference(&new(), &mut pair), Ok(3));
    assert_eq!(pair.a, [1, 1, 1]);
    block_on(async {
        assert_eq!(sendable(kept_and_passed_on(&new(), Vec::new())).await, Ok(3));
        assert_eq!(sendable(parts(&new(), (Vec::new(), String::new()))).await, Ok(13));
    });
}
