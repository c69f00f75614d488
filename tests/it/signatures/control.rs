//! The ways to leave a body: each ends the attempt, not the call.

#![allow(
    clippy::question_mark,
    clippy::needless_question_mark,
    clippy::never_loop,
    clippy::let_and_return
)]

use retry_runtime::retryable;

use super::support::{E, Runs, block_on};

#[retryable(base = "0s")]
fn question_mark(runs: &Runs) -> Result<u32, E> {
    let run = runs.fail(2)?;
    Ok(run)
}

#[retryable(base = "0s")]
async fn question_mark_async(runs: &Runs) -> Result<u32, E> {
    let run = runs.fail_later(2).await?;
    Ok(run)
}

struct Failed;

impl From<Failed> for E {
    fn from(_: Failed) -> E {
        E::Busy
    }
}

#[retryable(base = "0s")]
async fn question_mark_that_converts(runs: &Runs) -> Result<u32, E> {
    let run = runs.fail_later(2).await.map_err(|_| Failed)?;
    Ok(run)
}

#[retryable(base = "0s")]
fn early_return(runs: &Runs) -> Result<u32, E> {
    if let Err(error) = runs.fail(2) {
        return Err(error);
    }
    Ok(runs.count())
}

#[retryable(base = "0s")]
async fn early_return_async(runs: &Runs) -> Result<u32, E> {
    if let Err(error) = runs.fail_later(2).await {
        return Err(error);
    }
    Ok(runs.count())
}

#[retryable(base = "0s")]
#[allow(clippy::needless_return)]
fn return_as_last(runs: &Runs) -> Result<u32, E> {
    return runs.fail(2);
}

#[retryable(base = "0s")]
#[allow(clippy::needless_return)]
async fn return_as_last_async(runs: &Runs) -> Result<u32, E> {
    return runs.fail_later(2).await;
}

#[retryable(base = "0s")]
fn in_vec(runs: &Runs) -> Result<Vec<u32>, E> {
    Ok(vec![0, runs.fail(2)?])
}

#[retryable(base = "0s")]
async fn in_vec_async(runs: &Runs) -> Result<Vec<u32>, E> {
    Ok(vec![0, runs.fail_later(2).await?])
}

#[retryable(base = "0s")]
fn in_format(runs: &Runs) -> Result<String, E> {
    Ok(format!("run {}", runs.fail(2)?))
}

#[retryable(base = "0s")]
async fn in_format_async(runs: &Runs) -> Result<String, E> {
    Ok(format!("run {}", runs.fail_later(2).await?))
}

#[retryable(base = "0s")]
async fn in_try_join(runs: &Runs) -> Result<u32, E> {
    let (a, b) = futures::try_join!(runs.fail_later(2), async { Ok::<_, E>(1) })?;
    Ok(a + b)
}

#[retryable(base = "0s")]
async fn in_tokio_try_join(runs: &Runs) -> Result<u32, E> {
    let (a, b) = tokio::try_join!(runs.fail_later(2), async { Ok::<_, E>(1) })?;
    Ok(a + b)
}

#[retryable(base = "0s")]
async fn in_join(runs: &Runs) -> Result<u32, E> {
    let (a, _) = tokio::join!(runs.fail_later(2), async {});
    Ok(a?)
}

#[retryable(base = "0s")]
async fn in_select(runs: &Runs) -> Result<u32, E> {
    tokio::select! {
        run = runs.fail_later(2) => {
            let run = run?;
            Ok(run)
        }
        () = std::future::pending() => return Err(E::Bad),
    }
}

macro_rules! attempt {
    ($e:expr) => {
        match $e {
            Ok(value) => value,
            Err(error) => return Err(error),
        }
    };
}

#[retryable(base = "0s")]
fn return_in_a_macro(runs: &Runs) -> Result<u32, E> {
    let run = attempt!(runs.fail(2));
    Ok(run)
}

#[retryable(base = "0s")]
async fn in_assert(runs: &Runs) -> Result<u32, E> {
    assert!(runs.fail_later(2).await? > 2);
    assert_eq!(runs.fail(0)?, 4, "after {}", runs.fail(0)?);
    Ok(runs.count())
}

#[retryable(base = "0s")]
fn let_else(runs: &Runs) -> Result<u32, E> {
    let Ok(run) = runs.fail(2) else {
        return Err(E::Busy);
    };
    Ok(run)
}

#[retryable(base = "0s")]
async fn let_else_async(runs: &Runs) -> Result<u32, E> {
    let Ok(run) = runs.fail_later(2).await else { return Err(E::Busy) };
    Ok(run)
}

#[retryable(base = "0s")]
fn loop_break(runs: &Runs) -> Result<u32, E> {
    loop {
        break runs.fail(2);
    }
}

#[retryable(base = "0s")]
async fn loop_return(runs: &Runs) -> Result<u32, E> {
    loop {
        if runs.fail_later(0).await.is_ok() {
            return if runs.count() < 3 { Err(E::Busy) } else { Ok(runs.count()) };
        }
    }
}

#[retryable(base = "0s")]
fn match_tail(runs: &Runs) -> Result<u32, E> {
    match runs.fail(2) {
        Ok(run) if run > 2 => Ok(run),
        Ok(_) => unreachable!("it fails twice"),
        Err(error) => Err(error)?,
    }
}

#[retryable(base = "0s")]
async fn if_tail(runs: &Runs) -> Result<u32, E> {
    if runs.fail_later(2).await.is_ok() { Ok(runs.count()) } else { Err(E::Busy) }
}

#[retryable(base = "0s")]
fn block_tail(runs: &Runs) -> Result<u32, E> {
    {
        let run = runs.fail(2)?;
        Ok(run)
    }
}

#[retryable(base = "0s")]
#[allow(unsafe_code)]
async fn unsafe_tail(runs: &Runs) -> Result<u32, E> {
    let runs = runs as *const Runs as usize;
    // SAFETY: the reference is still borrowed.
    unsafe { (*(runs as *const Runs)).fail(2) }
}

#[retryable(base = "0s")]
fn diverging_tail(runs: &Runs) -> Result<u32, E> {
    if runs.fail(2).is_err() {
        return Err(E::Busy);
    }
    panic!("the third run")
}

#[retryable(base = "0s")]
fn in_a_closure(runs: &Runs) -> Result<u32, E> {
    let result = (|| {
        let run = runs.fail(2)?;
        Ok::<_, E>(run)
    })();
    result
}

#[retryable(base = "0s")]
async fn in_an_async_block(runs: &Runs) -> Option<u32> {
    let result: Result<u32, E> = async {
        let run = runs.fail_later(2).await?;
        Ok(run)
    }
    .await;
    result.ok()
}

#[retryable(base = "0s")]
fn nested_question_marks(runs: &Runs) -> Result<u32, E> {
    Ok([Some(runs.fail(2)?)].iter().copied().collect::<Option<Vec<_>>>().ok_or(E::Bad)?[0])
}

#[test]
fn each_exit_from_the_body_ends_the_attempt() {
    assert_eq!(question_mark(&Runs::new()), Ok(3));
    assert_eq!(early_return(&Runs::new()), Ok(3));
    assert_eq!(return_as_last(&Runs::new()), Ok(3));
    assert_eq!(in_vec(&Runs::new()), Ok(vec![0, 3]));
    assert_eq!(in_format(&Runs::new()), Ok("run 3".to_owned()));
    assert_eq!(return_in_a_macro(&Runs::new()), Ok(3));
    assert_eq!(let_else(&Runs::new()), Ok(3));
    assert_eq!(loop_break(&Runs::new()), Ok(3));
    assert_eq!(match_tail(&Runs::new()), Ok(3));
    assert_eq!(block_tail(&Runs::new()), Ok(3));
    assert_eq!(in_a_closure(&Runs::new()), Ok(3));
    assert_eq!(nested_question_marks(&Runs::new()), Ok(3));
}

#[test]
fn each_exit_from_the_body_ends_the_async_attempt() {
    block_on(async {
        assert_eq!(question_mark_async(&Runs::new()).await, Ok(3));
        assert_eq!(question_mark_that_converts(&Runs::new()).await, Ok(3));
        assert_eq!(early_return_async(&Runs::new()).await, Ok(3));
        assert_eq!(return_as_last_async(&Runs::new()).await, Ok(3));
        assert_eq!(in_vec_async(&Runs::new()).await, Ok(vec![0, 3]));
        assert_eq!(in_format_async(&Runs::new()).await, Ok("run 3".to_owned()));
        assert_eq!(in_try_join(&Runs::new()).await, Ok(4));
        assert_eq!(in_tokio_try_join(&Runs::new()).await, Ok(4));
        assert_eq!(in_join(&Runs::new()).await, Ok(3));
        assert_eq!(in_select(&Runs::new()).await, Ok(3));
        assert_eq!(in_assert(&Runs::new()).await, Ok(4));
        assert_eq!(let_else_async(&Runs::new()).await, Ok(3));
        assert_eq!(loop_return(&Runs::new()).await, Ok(3));
        assert_eq!(if_tail(&Runs::new()).await, Ok(3));
        assert_eq!(unsafe_tail(&Runs::new()).await, Ok(3));
        assert_eq!(in_an_async_block(&Runs::new()).await, Some(3));
    });
}

#[test]
#[should_panic(expected = "the third run")]
fn a_panic_is_not_retried() {
    let _ = diverging_tail(&Runs::new());
}
