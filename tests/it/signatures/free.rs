//! Free functions, sync and async, with simple arguments.

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn one_argument(runs: &Runs) -> Result<u32, E> {
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn one_argument_async(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

static NOTHING: Runs = Runs::new();

#[retryable(base = "0s")]
fn no_argument() -> Result<u32, E> {
    NOTHING.fail(1)
}

static NOTHING_ASYNC: Runs = Runs::new();

#[retryable(base = "0s")]
async fn no_argument_async() -> Result<u32, E> {
    NOTHING_ASYNC.fail_later(1).await
}

#[retryable(base = "0s")]
fn many(
    runs: &Runs,
    a: u8,
    b: &str,
    c: [u8; 2],
    d: (u8, char),
    e: Option<&str>,
) -> Result<usize, E> {
    let n = runs.fail(1)?;
    Ok(n as usize + usize::from(a) + b.len() + c.len() + usize::from(d.0) + e.map_or(0, str::len))
}

#[retryable(base = "0s")]
async fn many_async(
    runs: &Runs,
    a: u8,
    b: &str,
    c: [u8; 2],
    d: (u8, char),
    e: Option<&str>,
) -> Result<usize, E> {
    let n = runs.fail_later(1).await?;
    Ok(n as usize + usize::from(a) + b.len() + c.len() + usize::from(d.0) + e.map_or(0, str::len))
}

#[retryable(base = "0s")]
fn unit(runs: &Runs) -> Result<(), E> {
    runs.fail(2)?;
    Ok(())
}

#[retryable(base = "0s")]
async fn unit_async(runs: &Runs) -> Result<(), E> {
    runs.fail_later(2).await.map(|_| ())
}

#[retryable(base = "0s")]
fn fills(runs: &Runs, buffer: &mut Vec<u32>) -> Result<usize, E> {
    buffer.push(runs.count());
    runs.fail(2)?;
    Ok(buffer.len())
}

#[retryable(base = "0s")]
async fn fills_async(runs: &Runs, buffer: &mut Vec<u32>) -> Result<usize, E> {
    buffer.push(runs.count());
    runs.fail_later(2).await?;
    Ok(buffer.len())
}

fn take<T>(value: T) -> T {
    value
}

/// The body passes a `&mut` argument by value to a generic function.
#[retryable(base = "0s")]
fn hands_on(runs: &Runs, buffer: &mut Vec<u32>) -> Result<usize, E> {
    let buffer = take(buffer);
    buffer.push(runs.count());
    runs.fail(2)?;
    Ok(buffer.len())
}

#[retryable(base = "0s")]
async fn hands_on_async<W>(runs: &Runs, buffer: &mut W) -> Result<(), E>
where
    W: Extend<u32> + ?Sized + Send,
{
    let buffer = take(buffer);
    buffer.extend(vec![1]);
    runs.fail_later(2).await?;
    Ok(())
}

#[retryable(max = 0)]
fn never_again(runs: &Runs) -> Result<u32, E> {
    runs.fail(1)
}

#[retryable(base = "0s")]
fn permanent(runs: &Runs) -> Result<u32, E> {
    let _ = runs.fail(0);
    Err(E::Bad)
}

#[test]
fn free_functions_are_retried() {
    assert_eq!(one_argument(&Runs::new()), Ok(3));
    assert_eq!(no_argument(), Ok(2));
    assert_eq!(many(&Runs::new(), 1, "ab", [0; 2], (1, 'x'), Some("abc")), Ok(11));
    let runs = Runs::new();
    assert_eq!(unit(&runs), Ok(()));
    assert_eq!(runs.count(), 3);
    assert_eq!(fills(&Runs::new(), &mut Vec::new()), Ok(3));
    assert_eq!(hands_on(&Runs::new(), &mut Vec::new()), Ok(3));
}

#[test]
fn free_async_functions_are_retried() {
    block_on(async {
        assert_eq!(sendable(one_argument_async(&Runs::new())).await, Ok(3));
        assert_eq!(sendable(no_argument_async()).await, Ok(2));
        assert_eq!(many_async(&Runs::new(), 1, "ab", [0; 2], (1, 'x'), Some("abc")).await, Ok(11));
        let runs = Runs::new();
        assert_eq!(unit_async(&runs).await, Ok(()));
        assert_eq!(runs.count(), 3);
        assert_eq!(sendable(fills_async(&Runs::new(), &mut Vec::new())).await, Ok(3));
        let mut filled = Vec::new();
        assert_eq!(sendable(hands_on_async(&Runs::new(), &mut filled)).await, Ok(()));
        assert_eq!(filled, [1, 1, 1]);
    });
}

#[test]
fn permanent_failures_are_not_retried() {
    let (one, two) = (Runs::new(), Runs::new());
    assert_eq!(never_again(&one), Err(E::Busy));
    assert_eq!(permanent(&two), Err(E::Bad));
    assert_eq!((one.count(), two.count()), (1, 1));
}
