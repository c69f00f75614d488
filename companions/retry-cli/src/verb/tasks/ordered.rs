//! Reports the result of `cancel`, `reset` or `retry`.

use clap::ArgMatches;
use retry_tasks::{Ordered, TaskId};
use serde_json::json;

use crate::{Outcome, args};

/// Prints the state of the task before and after the operation, and what the new state means.
pub(super) fn told(matches: &ArgMatches, id: TaskId, ordered: Ordered, means: &str) -> Outcome {
    let Ordered { before, after, .. } = ordered;
    let json = json!({ "id": id, "before": before, "after": after });
    args::shown(matches, &json, |_| format!("task {id} was {before} and is now {after}: {means}"))
}
