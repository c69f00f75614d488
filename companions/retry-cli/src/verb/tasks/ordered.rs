//! Reports the result of `cancel`, `reset` or `retry`.

use clap::ArgMatches;
use retry_tasks::{Ordered, TaskId};
use serde_json::json;

use super::open;
use crate::Outcome;

/// Prints the state of the task before and after the operation, and what the new state means.
pub(super) fn told(matches: &ArgMatches, id: TaskId, ordered: Ordered, means: &str) -> Outcome {
    let Ordered { before, after, .. } = ordered;
    if matches.get_flag("json") {
        return open::as_json(&json!({ "id": id, "before": before, "after": after }));
    }
    Ok(format!("task {id} was {before} and is now {after}: {means}"))
}
