//! The lines of a task in `tracing`: each has the task's identifier, in a field of its own or of a span around it.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{TaskId, Tasks};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Fails at first, so that there is a second attempt; 9 never ends.
#[retryable(max = 1, base = "1ms", jitter = none, budget = none, on = any, idempotent, attempt = attempt,
    name = "traced::asynchronous", task)]
async fn asynchronous(number: u32) -> Result<u32, String> {
    tracing::info!(site = "traced::asynchronous", "body");
    let _leaves = Leaves;
    match (number, attempt.number()) {
        (9, _) => std::future::pending().await,
        (_, 1) => Err("once".to_owned()),
        _ => nested(number),
    }
}

/// Writes a line when it is dropped.
struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        tracing::info!(site = "traced::asynchronous", "left");
    }
}

/// Runs on a thread for blocking code.
#[retryable(max = 1, base = "1ms", jitter = none, budget = none, on = any, idempotent, attempt = attempt,
    name = "traced::blocking", task)]
fn blocking(number: u32) -> Result<u32, String> {
    tracing::info!(site = "traced::blocking", "body");
    if attempt.number() == 1 { Err("once".to_owned()) } else { Ok(number) }
}

/// A retried call in the body of a task.
#[retryable(max = 1, base = "0s", budget = none, on = any, attempt = attempt, name = "traced::nested")]
fn nested(number: u32) -> Result<u32, String> {
    if attempt.number() == 1 { Err("nested".to_owned()) } else { Ok(number) }
}

/// Records the events and spans of all threads.
#[derive(Default)]
struct Lines {
    written: Mutex<Vec<Line>>,
    /// The task of each span that has one.
    tasks: Mutex<HashMap<u64, String>>,
    spans: AtomicU64,
}

#[derive(Clone, Debug, Default)]
struct Line {
    message: String,
    site: String,
    task: Option<String>,
}

thread_local! {
    /// The spans that this thread is in.
    static INSIDE: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}").trim_matches('"').to_owned();
        match field.name() {
            "message" => self.message = value,
            // The events of tasks have a name and no message.
            "event" if self.message.is_empty() => self.message = value,
            "site" => self.site = value,
            "task" => self.task = Some(value),
            _ => {}
        }
    }
}

/// The subscriber of the process.
struct Everything;

impl Subscriber for Everything {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::DEBUG
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let (lines, mut line) = (lines(), Line::default());
        span.record(&mut line);
        let number = lines.spans.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(task) = line.task {
            locked(&lines.tasks).insert(number, task);
        }
        Id::from_u64(number)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        // Other tests of this process write, too.
        if !line.site.starts_with("traced::") {
            return;
        }
        let spans = INSIDE.with_borrow(Clone::clone);
        let tasks = locked(&lines().tasks);
        line.task = line.task.or_else(|| spans.iter().rev().find_map(|it| tasks.get(it)).cloned());
        locked(&lines().written).push(line);
    }

    fn enter(&self, span: &Id) {
        INSIDE.with_borrow_mut(|inside| inside.push(span.into_u64()));
    }

    fn exit(&self, span: &Id) {
        let left = INSIDE.with_borrow_mut(|inside| inside.pop());
        assert_eq!(left, Some(span.into_u64()), "spans are left in order");
    }
}

fn lines() -> &'static Lines {
    static LINES: OnceLock<Lines> = OnceLock::new();
    LINES.get_or_init(Lines::default)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("nobody panics here")
}

/// The messages of the lines about this function that have this task.
fn messages(site: &str, task: Option<TaskId>) -> Vec<String> {
    let task = task.map(|task| task.to_string());
    let written = locked(&lines().written);
    let found = written.iter().filter(|line| line.site == site && line.task == task);
    found.map(|line| line.message.clone()).collect()
}

fn listen() {
    // Another test of this process may have set it.
    let _ = tracing::subscriber::set_global_default(Everything);
}

#[tokio::test]
async fn every_line_of_every_attempt_has_the_identifier_of_the_task_and_other_calls_have_none() {
    listen();
    let tasks = Tasks::memory();
    let worker = tasks.worker().only("traced::asynchronous").only("traced::blocking");
    let worker = worker.start().expect("started");
    let one = tasks.submit(asynchronous::task(1)).await.expect("stored");
    let other = tasks.submit(asynchronous::task(2)).await.expect("stored");
    let third = tasks.submit(blocking::task(3)).await.expect("stored");
    for id in [one, other, third] {
        tasks.wait::<u32>(id).await.expect("done");
    }
    let expected = [
        "task.submitted",
        "task.started",
        "body",
        "left",
        "attempt failed",
        "retry scheduled",
        "task.waiting",
        "task.started",
        "body",
        "left",
        "call succeeded",
        "task.completed",
    ];
    assert_eq!(messages("traced::asynchronous", Some(one)), expected);
    assert_eq!(messages("traced::asynchronous", Some(other)), expected);
    let blocking_ones = expected.iter().filter(|message| **message != "left");
    assert_eq!(
        messages("traced::blocking", Some(third)),
        blocking_ones.copied().collect::<Vec<_>>()
    );
    for id in [one, other] {
        let nested = messages("traced::nested", Some(id));
        assert_eq!(nested, ["attempt failed", "retry scheduled", "call succeeded"]);
    }
    for site in ["traced::asynchronous", "traced::blocking", "traced::nested"] {
        assert_eq!(messages(site, None), [""; 0]);
    }
    assert_eq!(blocking(4), Ok(4));
    assert_eq!(
        messages("traced::blocking", None),
        ["body", "attempt failed", "retry scheduled", "body", "call succeeded"]
    );
    worker.shutdown(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn a_line_that_an_attempt_writes_while_it_is_dropped_has_the_identifier_of_the_task() {
    listen();
    let tasks = Tasks::memory();
    let worker = tasks.worker().only("traced::asynchronous").start().expect("started");
    let id = tasks.submit(asynchronous::task(9)).await.expect("stored");
    let until = async |message: &str| {
        for _ in 0..1_000_000 {
            let told = messages("traced::asynchronous", Some(id));
            if told.iter().any(|it| it == message) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("no line `{message}` of the task");
    };
    until("body").await;
    tasks.cancel(id).await.expect("cancelled");
    until("left").await;
    worker.shutdown(Duration::from_secs(1)).await;
}
