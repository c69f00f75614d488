//! The warning for an empty budget.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use retry_runtime::{Classify, retryable};
use tokio::time::advance;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber, subscriber};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
#[error("down")]
#[classify(transient)]
struct Down;

/// Records the messages logged on this thread.
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
async fn an_empty_budget_is_warned_about_once_per_site_and_minute_with_a_remedy() {
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::a")]
    async fn a() -> Result<u32, Down> {
        Err(Down)
    }
    #[retryable(max = 9, base = "0s", budget(capacity = 1, deposit = 0.0), name = "warned::b")]
    async fn b() -> Result<u32, Down> {
        Err(Down)
    }
    // With a single subscriber, `tracing` caches the interest of whichever thread asks first, and that may be another
    // test's thread.
    let _ = subscriber::set_global_default(Warnings::default());
    let warnings = Warnings::default();
    let _listening = subscriber::set_default(warnings.clone());
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(
        warnings.take(),
        [
            "WARN \"warned::a\" the retry budget is spent: 0 of 1 tokens left, a retry costs 1: failures are \
             returned without a retry until calls succeed again; `budget(capacity = …)` allows more retries, \
             `budget = none` any number"
        ]
    );
    b().await.unwrap_err();
    assert_eq!(warnings.take().len(), 1, "each site warns separately");
    advance(Duration::from_secs(59)).await;
    a().await.unwrap_err();
    assert_eq!(warnings.take().len(), 0);
    advance(Duration::from_secs(1)).await;
    for _ in 0..3 {
        a().await.unwrap_err();
    }
    assert_eq!(warnings.take().len(), 1);
}
