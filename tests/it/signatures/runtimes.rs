//! `#[tokio::main]` and `#[tokio::test]` above and below `#[retryable]`.

use retry_runtime::{RetryError, retryable};

use super::support::{E, Runs};

#[tokio::main(flavor = "current_thread")]
#[retryable(base = "0s")]
async fn main_above(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[retryable(base = "0s")]
#[tokio::main(flavor = "current_thread")]
async fn main_below(runs: &Runs) -> Result<u32, E> {
    runs.fail_later(2).await
}

#[tokio::main]
#[retryable(base = "0s", on = any)]
async fn main_with_any_error(runs: &Runs) -> Result<(), Box<dyn std::error::Error>> {
    runs.fail_later(2).await?;
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
#[retryable(max = 1, base = "0s", report)]
async fn main_reported(runs: &Runs) -> Result<u32, RetryError<E>> {
    runs.fail_later(9).await
}

#[test]
fn main_functions_are_retried() {
    assert_eq!(main_above(&Runs::new()), Ok(3));
    assert_eq!(main_below(&Runs::new()), Ok(3));
    let runs = Runs::new();
    assert!(main_with_any_error(&runs).is_ok());
    assert_eq!(runs.count(), 3);
    assert_eq!(main_reported(&Runs::new()).expect_err("exhausted").report().attempts.len(), 2);
}

static ABOVE: Runs = Runs::new();

#[tokio::test]
#[retryable(base = "0s")]
async fn a_test_above_is_retried() -> Result<(), E> {
    let run = ABOVE.fail_later(2).await?;
    assert_eq!(run, 3);
    Ok(())
}

static BELOW: Runs = Runs::new();

#[retryable(base = "0s")]
#[tokio::test(start_paused = true)]
async fn a_test_below_is_retried() -> Result<(), E> {
    let run = BELOW.fail_later(2).await?;
    assert_eq!(run, 3);
    Ok(())
}

static PLAIN: Runs = Runs::new();

#[test]
#[retryable(base = "0s")]
fn a_plain_test_is_retried() -> Result<(), E> {
    let run = PLAIN.fail(2)?;
    assert_eq!(run, 3);
    Ok(())
}

/// The function builds its own runtime instead of using `#[tokio::main]`.
#[retryable(base = "0s")]
fn blocks_by_itself(runs: &Runs) -> Result<u32, E> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let body = async {
        let run = runs.fail_later(2).await;
        (run, 1)
    };
    let (run, add) = runtime.block_on(body);
    Ok(run? + add)
}

#[test]
fn a_function_that_blocks_on_a_future_is_retried() {
    assert_eq!(blocks_by_itself(&Runs::new()), Ok(4));
}
