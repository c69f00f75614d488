//! The balance of a budget across whole calls: which tokens are spent and which are returned. The warning for an empty
//! budget is tested in `listeners`.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use retry_runtime::{Classify, retryable};
use tokio::time::advance;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("down")]
#[classify(transient)]
struct Down;

/// The planned outcome of each attempt, and a record of the attempts made.
#[derive(Default)]
struct Script {
    steps: VecDeque<u8>,
    /// Retries that have begun and have not succeeded.
    unpaid_retries: u32,
}

#[retryable(
    max = 3, base = "0s", attempt = attempt,
    budget("account::conserved", capacity = 1000, deposit = 0.0, refill = none)
)]
async fn scripted(script: &RefCell<Script>) -> Result<u32, Down> {
    let retries = u32::from(attempt.number() > 1);
    script.borrow_mut().unpaid_retries += retries;
    let step = poll_fn(|_| match script.borrow_mut().steps.pop_front() {
        Some(0) => Poll::Pending,
        step => Poll::Ready(step),
    });
    match step.await {
        Some(1) => Err(Down),
        Some(2) => std::panic::resume_unwind(Box::new("on purpose")),
        _ => {
            script.borrow_mut().unpaid_retries -= retries;
            Ok(7)
        }
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<u32, Down>> + 'a>>;

/// Polls a call and returns whether it has ended, with a result or a panic.
fn is_over(call: &mut Running<'_>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut context)));
    !matches!(polled, Ok(Poll::Pending))
}

/// Starts, polls and drops calls according to `moves`, then ends the remaining ones.
async fn play(script: &RefCell<Script>, moves: &[(u8, usize)]) {
    let mut calls: Vec<Running<'_>> = Vec::new();
    for (kind, at) in moves {
        match (kind, calls.len()) {
            (0, _) | (_, 0) => calls.push(Box::pin(scripted(script))),
            (1, running) => drop(calls.swap_remove(at % running)),
            (_, running) => {
                if is_over(&mut calls[at % running]) {
                    drop(calls.swap_remove(at % running));
                }
            }
        }
        advance(Duration::from_millis(1)).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn among_concurrent_calls_each_retry_that_begins_and_does_not_succeed_costs_a_token(
        steps in prop::collection::vec(0u8..4, 0..200),
        moves in prop::collection::vec((0u8..6, 0usize..16), 0..200),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true);
        let script = RefCell::new(Script { steps: steps.into(), unpaid_retries: 0 });
        let left = runtime.build().unwrap().block_on(async {
            let budget = retry_runtime::budget("account::conserved").unwrap();
            budget.reset();
            play(&script, &moves).await;
            budget.available()
        });
        prop_assert_eq!(left, 1000.0 - f64::from(script.borrow().unpaid_retries));
    }
}
