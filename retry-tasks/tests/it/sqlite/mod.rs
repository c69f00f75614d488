//! The file: what survives in it, and what becomes of one that is not as it should be.

mod faults;
mod files;
mod restart;
mod versions;

use std::path::Path;
use std::sync::Arc;

use retry_runtime::retryable;
use retry_tasks::{ManualClock, SqliteBuilder, StoreError, Task, Tasks};

#[retryable(on = any, jitter = none, budget = none, idempotent, name = "sqlite::echo", task)]
pub(crate) async fn echo(text: String) -> Result<String, String> {
    if text == "fails" { Err("told to fail".to_owned()) } else { Ok(text.clone()) }
}

pub(crate) fn task(text: &str) -> Task<String> {
    echo::task(text.to_owned())
}

fn open(path: &Path) -> Result<Tasks, StoreError> {
    Tasks::sqlite(path)
}

fn on_clock(path: &Path) -> (Tasks, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let builder = SqliteBuilder::new(path).clock(Arc::clone(&clock) as Arc<dyn retry_tasks::Clock>);
    (builder.open().expect("a sound file"), clock)
}

/// The text of the error, for those who read it.
#[track_caller]
fn says(error: StoreError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}
