//! The account of a budget over whole calls: what is spent, what comes back, who is told that it is empty.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use proptest::prelude::*;
use retry_runtime::{BudgetHandle, Classify, retryable};
use tokio::time::advance;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("down")]
#[classify(transient)]
struct Down;

/// What the attempts are going to do, and what they did.
#[derive(Default)]
struct Script {
    steps: VecDeque<u8>,
    failed_retries: u32,
}

#[retryable(
    max = 3, base = "0s", attempt = attempt,
    budget("account::conserved", capacity = 1000, deposit = 0.0)
)]
async fn scripted(script: &RefCell<Script>) -> Result<u32, Down> {
    let step = poll_fn(|_| match script.borrow_mut().steps.pop_front() {
        Some(0) => Poll::Pending,
        step => Poll::Ready(step),
    });
    match step.await {
        Some(1) => Err(Down),
        Some(2) => std::panic::resume_unwind(Box::new("on purpose")),
        _ => return Ok(7),
    }
    .inspect_err(|_| script.borrow_mut().failed_retries += u32::from(attempt.number() > 1))
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<u32, Down>> + 'a>>;

/// Polls a call; whether it is over, by its result or by a panic.
fn is_over(call: &mut Running<'_>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let polled = catch_unwind(AssertUnwindSafe(|| call.as_mut().poll(&mut context)));
    !matches!(polled, Ok(Poll::Pending))
}

/// Starts, polls and drops calls as the moves say, and ends them all.
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
    fn of_calls_that_run_at_once_only_retries_that_failed_have_cost_a_token(
        steps in prop::collection::vec(0u8..4, 0..200),
        moves in prop::collection::vec((0u8..6, 0usize..16), 0..200),
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true);
        let script = RefCell::new(Script { steps: steps.into(), failed_retries: 0 });
        let left = runtime.build().unwrap().block_on(async {
            let budget = BudgetHandle::named("account::conserved").unwrap();
            budget.reset();
            play(&script, &moves).await;
            budget.available()
        });
        prop_assert_eq!(left, 1000.0 - f64::from(script.borrow().failed_retries));
    }
}

/// Keeps the warnings of the sites of this file.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Fields {
    name: String,
    message: String,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            "name" | "site" => self.name = format!("{value:?}"),
            "message" => self.message = format!("{value:?}"),
            _ => {}
        }
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields { name, message } = fields;
        self.0.lock().unwrap().push(format!("{} {name} {message}", event.metadata().level()));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Warnings {
    fn take(&self) -> Vec<String> {
        let said = std::mem::take(&mut *self.0.lock().unwrap());
        said.into_iter().filter(|line| line.contains("budget is spent")).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_budget_is_said_once_for_each_site_and_minute_with_what_to_change() {
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "account::a")]
    async fn a() -> Result<u32, Down> {
        Err(Down)
    }
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "account::b")]
    async fn b() -> Result<u32, Down> {
        Err(Down)
    }
    let warnings = Warnings::default();
    let _listening = subscriber::set_default(warnings.clone());
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(
        warnings.take(),
        [
            "WARN \"account::a\" the retry budget is spent: 0 of 1 tokens left, a retry costs 1: failures are \
             returned without a retry until calls succeed again; `budget(capacity = …)` allows more retries, \
             `budget = none` any number"
        ]
    );
    b().await.unwrap_err();
    assert_eq!(warnings.take().len(), 1, "each site for itself");
    advance(Duration::from_secs(59)).await;
    a().await.unwrap_err();
    assert_eq!(warnings.take().len(), 0);
    advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(warnings.take().len(), 1);
}
