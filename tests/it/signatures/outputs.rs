//! Return types: `Result`, `Option`, aliases, boxes, opaque types.

use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::io;

use retry_runtime::retryable;

use super::support::{E, Runs, block_on, sendable};

#[retryable(base = "0s")]
fn maybe(runs: &Runs) -> Option<u32> {
    runs.fail(2).ok()
}

#[retryable(base = "0s")]
async fn maybe_async(runs: &Runs) -> Option<u32> {
    runs.fail_later(2).await.ok()
}

#[retryable(base = "0s")]
async fn maybe_with_question_mark(runs: &Runs) -> Option<&Runs> {
    let run = runs.fail_later(2).await.ok()?;
    if run > 2 { Some(runs) } else { None }
}

fn refused() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

#[retryable(base = "0s")]
fn io_result(runs: &Runs) -> io::Result<u32> {
    runs.fail(2).map_err(|_| refused())
}

#[retryable(base = "0s")]
async fn io_result_async(runs: &Runs) -> io::Result<()> {
    runs.fail_later(2).await.map_err(|_| refused())?;
    Ok(())
}

type Answer = Result<u32, E>;
type With<T, F = E> = Result<T, F>;

#[retryable(base = "0s")]
fn alias(runs: &Runs) -> Answer {
    runs.fail(2)
}

#[retryable(base = "0s")]
async fn alias_with_parameter(runs: &Runs) -> With<Vec<u32>> {
    Ok(vec![runs.fail_later(2).await?])
}

#[retryable(base = "0s")]
async fn alias_with_parameters(runs: &Runs) -> With<u32, io::Error> {
    runs.fail_later(2).await.map_err(|_| refused())
}

#[retryable(base = "0s", on = any)]
fn boxed_error(runs: &Runs) -> Result<(), Box<dyn Error>> {
    runs.fail(2)?;
    Ok(())
}

#[retryable(base = "0s", on = any)]
async fn boxed_error_async(runs: &Runs) -> Result<u32, Box<dyn Error>> {
    let run = runs.fail_later(1).await?;
    if run < 3 {
        return Err("not yet".into());
    }
    Ok(run)
}

#[retryable(base = "0s", on = any)]
async fn boxed_sendable_error(runs: &Runs) -> Result<u32, Box<dyn Error + Send + Sync>> {
    Ok(runs.fail_later(2).await?)
}

/// The error in the box is classified, found by downcasting.
#[retryable(base = "0s")]
fn boxed_io_error(runs: &Runs) -> Result<u32, Box<dyn Error>> {
    Ok(runs.fail(2).map_err(|_| refused())?)
}

#[retryable(base = "0s", on = any)]
fn text_error(runs: &Runs) -> Result<u32, String> {
    runs.fail(2).map_err(|error| error.to_string())
}

#[retryable(base = "0s", on = any)]
async fn str_error(runs: &Runs) -> Result<u32, &'static str> {
    runs.fail_later(2).await.map_err(|_| "busy")
}

#[retryable(base = "0s", on = any)]
fn unit_error(runs: &Runs) -> Result<u32, ()> {
    runs.fail(2).map_err(drop)
}

#[retryable(base = "0s")]
fn boxed_value(runs: &Runs) -> Result<Box<dyn Debug>, E> {
    let run = runs.fail(2)?;
    if run == 7 {
        return Ok(Box::new("seven"));
    }
    Ok(Box::new(run))
}

#[retryable(base = "0s")]
async fn boxed_value_async(runs: &Runs) -> Result<Box<dyn Debug + Send>, E> {
    let run = runs.fail_later(2).await?;
    Ok(Box::new(run))
}

#[retryable(base = "0s")]
async fn boxed_callback(runs: &Runs) -> Result<Box<dyn Fn(&str) -> usize + Send>, E> {
    runs.fail_later(2).await?;
    Ok(Box::new(str::len))
}

#[retryable(base = "0s")]
fn function_pointer(runs: &Runs) -> Result<fn(&str) -> usize, E> {
    runs.fail(2)?;
    Ok(str::len)
}

#[retryable(base = "0s")]
fn slice(runs: &Runs) -> Result<&'static [u32], E> {
    runs.fail(2)?;
    Ok(&[1, 2])
}

#[retryable(base = "0s")]
fn opaque(runs: &Runs) -> Result<impl Iterator<Item = u8>, E> {
    runs.fail(2)?;
    Ok(vec![1, 2].into_iter())
}

#[retryable(base = "0s")]
async fn opaque_async(runs: &Runs) -> Result<impl Iterator<Item = u8>, E> {
    let run = runs.fail_later(2).await?;
    Ok((0..run).map(|n| n as u8))
}

#[retryable(base = "0s")]
fn opaque_twice(runs: &Runs) -> Result<(impl Display, Vec<impl Debug>), E> {
    let run = runs.fail(2)?;
    Ok((run, vec![run]))
}

#[retryable(base = "0s")]
fn opaque_option(runs: &Runs) -> Option<impl Fn(u32) -> u32> {
    let run = runs.fail(2).ok()?;
    Some(move |n| n + run)
}

#[retryable(base = "0s", on = any)]
fn opaque_error(runs: &Runs) -> Result<u32, impl Error> {
    runs.fail(2)
}

#[retryable(base = "0s", on = any)]
async fn opaque_error_async(runs: &Runs) -> Result<u32, impl Error + Send> {
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
fn opaque_inside(runs: &Runs) -> Result<Box<dyn Iterator<Item = impl Display>>, E> {
    let run = runs.fail(2)?;
    Ok(Box::new(0..run))
}

#[retryable(base = "0s", retry_if = |n: &u32| *n < 3)]
fn cannot_fail(runs: &Runs) -> Result<u32, Infallible> {
    Ok(runs.fail(0).unwrap_or(0))
}

#[retryable(base = "0s")]
async fn nested(runs: &Runs) -> Result<Result<u32, String>, E> {
    Ok(Ok(runs.fail_later(2).await?))
}

#[test]
fn outputs_are_retried() {
    assert_eq!(maybe(&Runs::new()), Some(3));
    assert!(matches!(io_result(&Runs::new()), Ok(3)));
    assert_eq!(alias(&Runs::new()), Ok(3));
    assert!(boxed_error(&Runs::new()).is_ok());
    assert!(matches!(boxed_io_error(&Runs::new()), Ok(3)));
    assert_eq!(text_error(&Runs::new()), Ok(3));
    assert_eq!(unit_error(&Runs::new()), Ok(3));
    assert_eq!(format!("{:?}", boxed_value(&Runs::new())), "Ok(3)");
    assert_eq!(function_pointer(&Runs::new()).map(|len| len("ab")), Ok(2));
    assert_eq!(slice(&Runs::new()).map(<[u32]>::len), Ok(2));
    assert_eq!(opaque(&Runs::new()).map(Iterator::count), Ok(2));
    assert_eq!(opaque_twice(&Runs::new()).map(|(a, b)| format!("{}{:?}", a, b)), Ok("3[3]".into()));
    assert_eq!(opaque_option(&Runs::new()).map(|add| add(1)), Some(4));
    assert!(matches!(opaque_error(&Runs::new()), Ok(3)));
    assert_eq!(opaque_inside(&Runs::new()).map(Iterator::count), Ok(3));
    assert_eq!(cannot_fail(&Runs::new()), Ok(3));
}

#[test]
fn async_outputs_are_retried() {
    block_on(async {
        assert_eq!(sendable(maybe_async(&Runs::new())).await, Some(3));
        let runs = Runs::new();
        assert_eq!(maybe_with_question_mark(&runs).await.map(Runs::count), Some(3));
        let runs = Runs::new();
        assert!(sendable(io_result_async(&runs)).await.is_ok());
        assert_eq!(runs.count(), 3);
        assert_eq!(alias_with_parameter(&Runs::new()).await, Ok(vec![3]));
        assert!(matches!(alias_with_parameters(&Runs::new()).await, Ok(3)));
        assert!(matches!(sendable(boxed_error_async(&Runs::new())).await, Ok(3)));
        assert!(matches!(sendable(boxed_sendable_error(&Runs::new())).await, Ok(3)));
        assert_eq!(str_error(&Runs::new()).await, Ok(3));
        assert_eq!(format!("{:?}", boxed_value_async(&Runs::new()).await), "Ok(3)");
        assert_eq!(boxed_callback(&Runs::new()).await.map(|len| len("ab")), Ok(2));
        assert_eq!(opaque_async(&Runs::new()).await.map(Iterator::count), Ok(3));
        assert!(matches!(sendable(opaque_error_async(&Runs::new())).await, Ok(3)));
        assert_eq!(sendable(nested(&Runs::new())).await, Ok(Ok(3)));
    });
}
