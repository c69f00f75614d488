//! Tasks: to list by filters, to see, and to order about, one by one or all of a filter.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use retry_tasks::{Counts, Filter, Format, Phase, TaskError, TaskId, TaskInfo, Tasks, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::answer;
use crate::console::Core;
use crate::jobs::{BulkOrder, Job};
use crate::live::detail::without_digits;

/// The highest number of tasks on a page.
const PAGE: usize = 200;
/// The tasks that are read for a page whose filter a store cannot apply by itself. Beyond them the page ends early, and
/// tells where to go on.
const READ: usize = 5_000;
/// The groups of failures that are told.
const GROUPS: usize = 20;
/// The tasks whose failures are grouped, the first of the filter: no store counts failures by their messages.
const GROUPED: usize = 500;

pub(crate) fn routes(router: Router<Arc<Core>>) -> Router<Arc<Core>> {
    router
        .route("/api/tasks", get(list))
        .route("/api/tasks/bulk", post(bulk))
        .route("/api/tasks/{id}", get(show))
        .route("/api/tasks/{id}/{order}", post(order))
        .route("/api/jobs/{job}", get(job))
        .route("/api/jobs/{job}/stop", post(stop))
}

/// The parts of a filter, as an address or an order has them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// Phases, with commas between them.
    phase: Option<String>,
    name: Option<String>,
    kind: Option<String>,
    error: Option<String>,
    /// A message; digits do not count.
    group: Option<String>,
    since: Option<Number>,
    until: Option<Number>,
    /// The lowest number of attempts.
    attempts: Option<Number>,
    after: Option<String>,
    limit: Option<Number>,
}

/// A number, or its text in an address.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

impl Number {
    fn read(&self, field: &str) -> Result<u64, String> {
        match self {
            Number::Number(number) => Ok(*number),
            Number::Text(text) => text
                .trim()
                .parse()
                .map_err(|_| format!("`{field}` ({text:?}) must be a whole number")),
        }
    }
}

/// A filter: what the store applies, and the rest.
#[derive(Clone, Debug)]
pub(crate) struct Chosen {
    pub(crate) filter: Filter,
    kind: Option<String>,
    error: Option<String>,
    group: Option<String>,
    attempts: u32,
}

impl Wanted {
    pub(crate) fn read(&self) -> Result<Chosen, String> {
        let number = |field: &str, number: &Option<Number>| {
            number.as_ref().map(|number| number.read(field)).transpose()
        };
        let mut filter = Filter::new().limit(50);
        for phase in self.phase.iter().flat_map(|it| it.split(',')).filter(|it| !it.is_empty()) {
            let phase: Phase =
                serde_json::from_value(Value::String(phase.into())).map_err(|_| {
                    let all = "pending, running, waiting, complete, failed or cancelled";
                    format!("`phase` ({phase:?}) must be {all}")
                })?;
            filter = filter.phase(phase);
        }
        if let Some(name) = self.name.as_deref().filter(|name| !name.is_empty()) {
            filter = filter.name(name);
        }
        if let Some(since) = number("since", &self.since)? {
            filter = filter.since(Time::from_millis(since));
        }
        if let Some(until) = number("until", &self.until)? {
            filter = filter.until(Time::from_millis(until));
        }
        if let Some(after) = &self.after {
            filter = filter.after(after.parse().map_err(|error| format!("`after`: {error}"))?);
        }
        if let Some(limit) = number("limit", &self.limit)? {
            filter = filter.limit(usize::try_from(limit).unwrap_or(PAGE).min(PAGE));
        }
        let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let attempts = number("attempts", &self.attempts)?.unwrap_or(0);
        Ok(Chosen {
            filter,
            kind: text(&self.kind),
            error: text(&self.error),
            group: text(&self.group).as_deref().map(without_digits),
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        })
    }
}

impl Chosen {
    /// Whether a task passes the part of the filter that the store does not apply.
    pub(crate) fn admits(&self, task: &TaskInfo) -> bool {
        let kind = task.last_kind.map(retry_runtime::Kind::name);
        let error = task.last_error.as_deref().unwrap_or_default();
        self.kind.as_deref().is_none_or(|wanted| kind == Some(wanted))
            && self.error.as_deref().is_none_or(|wanted| error.contains(wanted))
            && self.group.as_deref().is_none_or(|wanted| without_digits(error) == wanted)
            // A task that has been started has made one attempt more than retries.
            && (self.attempts == 0 || (task.started_at.is_some() && task.retry_count + 1 >= self.attempts))
    }
}

#[derive(Serialize)]
struct List {
    counts: Counts,
    functions: Vec<OfFunction>,
    tasks: Vec<TaskInfo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<TaskId>,
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct OfFunction {
    name: String,
    counts: Counts,
}

#[derive(Serialize)]
struct Group {
    error: String,
    count: u64,
}

async fn list(State(core): State<Arc<Core>>, Query(wanted): Query<Wanted>) -> Response {
    let chosen = match wanted.read() {
        Ok(chosen) => chosen,
        Err(mistake) => return answer::error(StatusCode::BAD_REQUEST, &mistake),
    };
    match listed(&core, chosen).await {
        Ok(list) => Json(list).into_response(),
        Err(error) => failed(&error),
    }
}

async fn listed(core: &Core, chosen: Chosen) -> Result<List, TaskError> {
    let tasks = core.tasks();
    let wanted = chosen.filter.limit.max(1);
    let mut filter = chosen.filter.clone().brief().limit(wanted.max(GROUPED));
    let (mut found, mut groups, mut read) = (Vec::new(), Groups::default(), 0);
    let mut has_more = false;
    let next = loop {
        let page = tasks.list(filter.clone(), Format::Standard).await?;
        read += page.tasks.len();
        for task in page.tasks.into_iter().filter(|task| chosen.admits(task)) {
            groups.count(&task);
            has_more |= found.len() == wanted;
            if found.len() < wanted {
                found.push(task);
            }
        }
        let last = found.last().map(|task: &TaskInfo| task.id);
        match page.next {
            _ if has_more => break last,
            None => break None,
            Some(_) if read >= READ && found.len() == wanted => break last,
            // The page ends early; the next one goes on behind all that was read.
            Some(next) if read >= READ => break Some(next),
            Some(next) => filter = filter.after(next),
        }
    };
    let counted = core.feed.due.counts().await?;
    let (counts, functions) = match &counted {
        Some(counted) => (counted.all, counted.by_function.clone()),
        None => Default::default(),
    };
    let functions = functions.into_iter().map(|(name, counts)| OfFunction { name, counts });
    let groups = groups.told();
    Ok(List { counts, functions: functions.collect(), groups, tasks: found, next })
}

/// Tasks by their last failure, digits left out.
#[derive(Default)]
struct Groups(BTreeMap<String, Group>);

impl Groups {
    fn count(&mut self, task: &TaskInfo) {
        let Some(error) = &task.last_error else { return };
        let none = || Group { error: error.clone(), count: 0 };
        self.0.entry(without_digits(error)).or_insert_with(none).count += 1;
    }

    /// The most frequent first.
    fn told(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.0.into_values().collect();
        groups.sort_by(|one, other| {
            other.count.cmp(&one.count).then_with(|| one.error.cmp(&other.error))
        });
        groups.truncate(GROUPS);
        groups
    }
}

async fn show(State(core): State<Arc<Core>>, Path(id): Path<String>) -> Response {
    let id = match id.parse::<TaskId>() {
        Ok(id) => id,
        Err(error) => return answer::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    match core.tasks().info(id, Format::Full).await {
        Ok(task) => Json(task).into_response(),
        Err(error) => failed(&error),
    }
}

async fn order(
    State(core): State<Arc<Core>>,
    Path((id, order)): Path<(String, String)>,
) -> Response {
    let id = match id.parse::<TaskId>() {
        Ok(id) => id,
        Err(error) => return answer::error(StatusCode::BAD_REQUEST, &error.to_string()),
    };
    let ordered = match order.as_str() {
        "retry" => core.tasks().retry(id).await,
        "cancel" => core.tasks().cancel(id).await,
        "delete" => return delete(core.tasks(), id).await,
        _ => return answer::not_found("a task is told to `retry`, to `cancel` or to `delete`"),
    };
    match ordered {
        Ok(_) => answer::done("done"),
        Err(error) => failed(&error),
    }
}

async fn delete(tasks: &Tasks, id: TaskId) -> Response {
    match tasks.remove([id]).await {
        Ok(0) => match tasks.info(id, Format::Minimal).await {
            Ok(task) => {
                let text =
                    format!("cannot delete task {id}: it is {}; cancel it first", task.state);
                answer::error(StatusCode::CONFLICT, &text)
            }
            Err(error) => failed(&error),
        },
        Ok(_) => answer::done("done"),
        Err(error) => failed(&error),
    }
}

pub(super) fn failed(error: &TaskError) -> Response {
    let status = match error {
        TaskError::Unknown(_) => StatusCode::NOT_FOUND,
        TaskError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::CONFLICT,
    };
    answer::error(status, &error.to_string())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bulk {
    order: BulkOrder,
    #[serde(default)]
    filter: Wanted,
}

async fn bulk(State(core): State<Arc<Core>>, body: axum::body::Bytes) -> Response {
    let read = serde_json::from_slice::<Bulk>(&body).map_err(|error| error.to_string());
    let read = read.and_then(|bulk| Ok((bulk.order, bulk.filter.read()?)));
    let (order, chosen) = match read {
        Ok(read) => read,
        Err(mistake) => return answer::error(StatusCode::BAD_REQUEST, &mistake),
    };
    match core.jobs.start(core.tasks(), order, chosen) {
        Some(job) => {
            let job: HashMap<&str, u64> = HashMap::from([("job", job)]);
            (StatusCode::ACCEPTED, Json(job)).into_response()
        }
        None => answer::error(
            StatusCode::CONFLICT,
            "too many orders run already: wait for one to end, or stop one",
        ),
    }
}

async fn job(State(core): State<Arc<Core>>, Path(job): Path<u64>) -> Response {
    match core.jobs.find(job) {
        Some(job) => Json(Job::progress(&job)).into_response(),
        None => answer::not_found("there is no such order, or it ended some time ago"),
    }
}

async fn stop(State(core): State<Arc<Core>>, Path(job): Path<u64>) -> Response {
    match core.jobs.find(job) {
        Some(job) => {
            job.stop();
            answer::done("done")
        }
        None => answer::not_found("there is no such order, or it ended some time ago"),
    }
}
