//! Questions about many tasks, as SQL over the state that the server keeps.
//!
//! The server has no other index of the objects. An object of our own that lists all tasks would handle the changes of
//! all tasks one after the other, and add an invocation to each. A query costs nothing until somebody asks; it reads all records,
//! without long arguments, results and histories.

use std::collections::HashMap;

use retry_tasks::machine::Task;
use retry_tasks::{Analytics, Phase, Record, Retention, StoreError, TaskAttempt, TaskId, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::http::Servers;
use crate::kept::{self, Kept};
use crate::protocol::TASK;

#[derive(Debug, Serialize)]
struct Query {
    query: String,
}

#[derive(Debug, Deserialize)]
struct Rows {
    rows: Vec<Row>,
}

#[derive(Debug, Deserialize)]
struct Row {
    service_key: String,
    key: String,
    value_utf8: Option<String>,
}

/// This part of the state of all tasks. One that cannot be read is left out: a newer version of this crate may have written it.
async fn parts<T: DeserializeOwned>(
    admin: &Servers,
    part: &str,
) -> Result<Vec<(TaskId, T)>, StoreError> {
    let rows = rows(admin, &format!("key = '{part}'")).await?;
    let read = rows.into_iter().filter_map(|row| {
        let part = serde_json::from_str(&row.value_utf8?).ok()?;
        Some((row.service_key.parse().ok()?, part))
    });
    Ok(read.collect())
}

async fn rows(admin: &Servers, condition: &str) -> Result<Vec<Row>, StoreError> {
    if admin.are_none() {
        return Err(StoreError::Unsupported {
            what: "list, count, evaluate or remove tasks",
            why: "these are queries of the server's admin interface; name its URL in `Restate::admin`",
        });
    }
    let query = format!(
        "SELECT service_key, key, value_utf8 FROM state WHERE service_name = '{TASK}' AND {condition}"
    );
    let Rows { rows } = admin.post("/query", None, &Query { query }).await?;
    Ok(rows)
}

/// These tasks, as far as they are there.
pub(crate) async fn tasks(
    admin: &Servers,
    ids: &[TaskId],
) -> Result<HashMap<TaskId, Task>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<String> = ids.iter().map(|id| format!("'{id}'")).collect();
    let mut parts = HashMap::<String, HashMap<String, String>>::new();
    for row in rows(admin, &format!("service_key IN ({})", keys.join(", "))).await? {
        let value = row.value_utf8.unwrap_or_default();
        parts.entry(row.service_key).or_default().insert(row.key, value);
    }
    Ok(parts.into_values().filter_map(whole).map(|task| (task.record.id, task)).collect())
}

/// A task from the parts of its state.
fn whole(mut parts: HashMap<String, String>) -> Option<Task> {
    let Kept { mut task, apart, .. } = serde_json::from_str(parts.get(kept::TASK)?).ok()?;
    let mut text = |part: &str| serde_json::from_str(&parts.remove(part)?).ok();
    if apart.arguments {
        task.record.arguments = text(kept::ARGUMENTS).unwrap_or_default();
    }
    if apart.result {
        task.record.result = text(kept::RESULT);
    }
    if apart.attempts {
        let attempts = parts.get(kept::ATTEMPTS).map(|attempts| serde_json::from_str(attempts));
        task.attempts = attempts.and_then(Result::ok).unwrap_or_default();
    }
    Some(task)
}

/// All tasks, without the parts that have a key of their own.
async fn all(admin: &Servers) -> Result<Vec<Task>, StoreError> {
    let kept = parts::<Kept>(admin, kept::TASK).await?;
    Ok(kept.into_iter().map(|(_, kept)| kept.task).collect())
}

/// All records. Arguments and results may be missing.
pub(crate) async fn records(admin: &Servers) -> Result<Vec<Record>, StoreError> {
    Ok(all(admin).await?.into_iter().map(|task| task.record).collect())
}

/// Evaluates the stored attempts of the function with this name, or of all functions.
pub(crate) async fn analytics(
    admin: &Servers,
    name: Option<&str>,
) -> Result<Analytics, StoreError> {
    let histories = parts::<Vec<TaskAttempt>>(admin, kept::ATTEMPTS).await?;
    let mut histories: HashMap<TaskId, Vec<TaskAttempt>> = histories.into_iter().collect();
    let mut tasks = all(admin).await?;
    tasks.retain(|task| name.is_none_or(|name| task.record.name == name));
    for task in &mut tasks {
        task.attempts.extend(histories.remove(&task.record.id).unwrap_or_default());
    }
    Ok(Analytics::of(tasks.iter().map(|task| (&task.record, task.attempts.as_slice()))))
}

/// The tasks that the retention does not keep, the oldest first.
pub(crate) fn expired(records: Vec<Record>, retention: Retention, now: Time) -> Vec<TaskId> {
    let mut ended: HashMap<(String, Phase), Vec<(Time, TaskId)>> = HashMap::new();
    let mut present: HashMap<(String, Phase), u64> = HashMap::new();
    for record in records {
        let Some(at) = record.ended_at else { continue };
        let group = (record.name.clone(), record.state.phase());
        *present.entry(group.clone()).or_default() += 1;
        if !record.has_promised_its_key(now) {
            ended.entry(group).or_default().push((at, record.id));
        }
    }
    let mut expired = Vec::new();
    for (group, mut tasks) in ended {
        tasks.sort_unstable();
        let (limits, mut left) = (retention.of(group.1), present[&group]);
        for (at, id) in tasks {
            if !limits.expires(now, at, left) {
                break;
            }
            expired.push(id);
            left -= 1;
        }
    }
    expired
}
