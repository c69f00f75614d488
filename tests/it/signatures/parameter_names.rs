//! Parameters that have the name of the function, or a name that generated code uses, too.

#![allow(clippy::too_many_arguments, reason = "the subject of this file")]

use retry_runtime::retryable;

use super::support::{E, Runs, block_on};

#[retryable(base = "0s", task)]
async fn order(order: u64) -> Result<u64, E> {
    Ok(order)
}

#[retryable(base = "0s", task(state(state), redact(task)))]
async fn task(task: u64, state: std::sync::Arc<Runs>) -> Result<u64, E> {
    state.fail(1).map(|run| task + u64::from(run))
}

#[retryable(base = "0s", task(state(runs)))]
fn named_like_generated_code(
    input: u64,
    value: u64,
    error: u64,
    argument0: u64,
    __retry_run: u64,
    runs: &Runs,
) -> Result<u64, E> {
    runs.fail(1)?;
    Ok(input + value + error + argument0 + __retry_run)
}

#[retryable(base = "0s", breaker, attempt = attempt, recover = last)]
async fn names_of_the_loop(
    call: &Runs,
    out: u32,
    breaker: u32,
    id: u32,
    token: u32,
    lookup: u32,
    failure: u32,
    value: u32,
    names_of_the_loop: u32,
    ignored9: u32,
    _: u32,
) -> Result<u32, E> {
    let run = call.fail_later(2).await?;
    let sum = out + breaker + id + token + lookup + failure + value + names_of_the_loop + ignored9;
    Ok(run + sum + attempt.number())
}

async fn last(
    failure: E,
    _: &Runs,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
    _: u32,
) -> Result<u32, E> {
    Err(failure)
}

#[test]
fn a_parameter_may_have_the_name_of_its_function_or_of_generated_code() {
    let _ = (order::task(3), task::task(3), named_like_generated_code::task(1, 2, 3, 4, 5));
    assert_eq!(named_like_generated_code(1, 2, 3, 4, 5, &Runs::new()), Ok(15));
    block_on(async {
        assert_eq!(order(3).await, Ok(3));
        assert_eq!(task(3, Runs::new().into()).await, Ok(5));
        assert_eq!(names_of_the_loop(&Runs::new(), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1).await, Ok(15));
    });
}

#[test]
fn a_task_may_stand_in_the_body_of_a_function() {
    #[retryable(base = "0s", task)]
    async fn inner(inner: u64) -> Result<u64, E> {
        Ok(inner)
    }
    let _ = inner::task(3);
    assert_eq!(block_on(inner(3)), Ok(3));
}
