//! Tasks of functions that no worker has are told, and so is a worker that nobody keeps.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use retry_runtime::retryable;
use retry_tasks::{Clock, ManualClock, SqliteBuilder, Tasks};
use tracing::field::{Field, Visit};
use tracing::{Event, Id, Metadata, Subscriber, span};

use crate::folder::Folder;

#[retryable(on = any, name = "orphans::present", task)]
async fn present() -> Result<(), String> {
    Ok(())
}

/// Keeps the texts of warnings, each with its fields.
#[derive(Clone, Debug, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl Warnings {
    fn with(&self, text: &str) -> Vec<String> {
        let warnings = self.0.lock().expect("no panic");
        warnings.iter().filter(|warning| warning.contains(text)).cloned().collect()
    }
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!("{}={value:?} ", field.name()));
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "retry_tasks" && *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = String::new();
        event.record(&mut Text(&mut text));
        self.0.lock().expect("no panic").push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Waits until there are this many warnings with this text.
async fn until(warnings: &Warnings, clock: &ManualClock, text: &str, many: usize) -> Vec<String> {
    loop {
        let found = warnings.with(text);
        if found.len() >= many {
            return found;
        }
        clock.advance(Duration::from_secs(1));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn tasks_of_a_function_that_no_program_has_are_told_at_the_start_and_each_minute() {
    let (folder, clock) = (Folder::new(), Arc::new(ManualClock::new()));
    let path = folder.file("tasks.db");
    let builder = SqliteBuilder::new(&path).clock(Arc::clone(&clock) as Arc<dyn Clock>);
    let tasks = builder.open().expect("a new file");
    for _ in 0..2 {
        tasks.submit(present::task()).await.expect("stored");
    }
    let file = rusqlite::Connection::open(&path).expect("opened");
    file.execute("UPDATE tasks SET name = 'orphans::removed'", []).expect("renamed");

    let warnings = Warnings::default();
    let _default = tracing::subscriber::set_default(warnings.clone());
    let _worker = tasks.worker().only("orphans::present").start().expect("started");
    let told = until(&warnings, &clock, "a function that this program does not have", 1).await;
    assert!(told[0].contains("orphans::removed") && told[0].contains("tasks=2"), "{told:?}");
    let start = clock.now();
    until(&warnings, &clock, "a function that this program does not have", 2).await;
    assert!(clock.now().since(start) >= Duration::from_secs(55), "each minute");
    let counts = tasks.counts_by_function().await.expect("counted");
    assert_eq!(counts["orphans::removed"].due, 2);
    assert!(counts["orphans::removed"].oldest_due.is_some());
}

#[tokio::test]
async fn a_worker_that_nobody_keeps_is_told() {
    let warnings = Warnings::default();
    let _default = tracing::subscriber::set_default(warnings.clone());
    let tasks = Tasks::memory();
    drop(tasks.worker().only("orphans::present").start().expect("started"));
    assert_eq!(warnings.with("a worker was dropped").len(), 1);
    let worker = tasks.worker().only("orphans::present").start().expect("started");
    worker.shutdown(Duration::ZERO).await;
    assert_eq!(warnings.with("a worker was dropped").len(), 1, "a shutdown is none");
}
