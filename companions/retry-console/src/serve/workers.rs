//! Workers with what they run, and the tasks whose time is still to come.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use retry_tasks::{Filter, Format, Phase, TaskError, TaskInfo, Tasks, WorkerHandle};
use serde::{Deserialize, Serialize};

use super::{answer, tasks};
use crate::console::Core;

/// The highest number of running tasks that are told.
const RUNNING: usize = 500;
/// The tasks of a schedule, unless the reader asks for fewer.
const SHOWN: usize = 100;

pub(crate) fn routes(router: Router<Arc<Core>>) -> Router<Arc<Core>> {
    router
        .route("/api/workers", get(workers))
        .route("/api/workers/{number}/{order}", post(order))
        .route("/api/schedule", get(schedule))
}

#[derive(Serialize)]
struct Workers {
    /// The workers of this process.
    workers: Vec<Worker>,
    /// Running tasks of workers in other processes that share the store.
    elsewhere: Vec<TaskInfo>,
    /// Whether more tasks run than are told.
    is_cut: bool,
}

#[derive(Serialize)]
struct Worker {
    number: u64,
    name: String,
    slots: usize,
    paused: bool,
    functions: Vec<&'static str>,
    running: Vec<TaskInfo>,
}

async fn workers(State(core): State<Arc<Core>>) -> Response {
    match told(core.tasks()).await {
        Ok(workers) => Json(workers).into_response(),
        Err(error) => tasks::failed(&error),
    }
}

async fn told(tasks: &Tasks) -> Result<Workers, TaskError> {
    let running = Filter::new().phase(Phase::Running).limit(RUNNING).brief();
    let page = tasks.list(running, Format::Standard).await?;
    let mut elsewhere = page.tasks;
    let workers = tasks.workers().into_iter().map(|worker| {
        // A task knows its worker by name. Of two workers with one name, the first is shown with the tasks of both.
        let is_its = |task: &TaskInfo| task.worker.as_deref() == Some(worker.name());
        let (running, rest) = std::mem::take(&mut elsewhere).into_iter().partition(is_its);
        elsewhere = rest;
        Worker {
            number: worker.number(),
            name: worker.name().to_owned(),
            slots: worker.slots(),
            paused: worker.is_paused(),
            functions: worker.functions().to_vec(),
            running,
        }
    });
    let workers = workers.collect();
    Ok(Workers { workers, elsewhere, is_cut: page.next.is_some() })
}

async fn order(
    State(core): State<Arc<Core>>,
    Path((number, order)): Path<(u64, String)>,
) -> Response {
    let workers = core.tasks().workers();
    let Some(worker) = workers.iter().find(|worker| worker.number() == number) else {
        return answer::error(StatusCode::CONFLICT, "the worker has ended");
    };
    let order: fn(&WorkerHandle) -> bool = match order.as_str() {
        "pause" => WorkerHandle::pause,
        "resume" => WorkerHandle::resume,
        _ => return answer::not_found("a worker is told to `pause` or to `resume`"),
    };
    if order(worker) {
        core.feed.note_worker(worker.name(), worker.is_paused());
    }
    answer::done("done")
}

#[derive(Deserialize)]
struct Wanted {
    limit: Option<usize>,
}

#[derive(Serialize)]
struct Schedule {
    /// The tasks whose time comes next, the earliest first.
    tasks: Vec<TaskInfo>,
    /// All open tasks whose time has not come.
    scheduled: u64,
}

async fn schedule(State(core): State<Arc<Core>>, Query(wanted): Query<Wanted>) -> Response {
    match to_come(&core, wanted.limit.unwrap_or(SHOWN).min(500)).await {
        Ok(schedule) => Json(schedule).into_response(),
        Err(error) => tasks::failed(&error),
    }
}

async fn to_come(core: &Core, limit: usize) -> Result<Schedule, TaskError> {
    let tasks = core.tasks().upcoming(limit, Format::Standard).await?;
    let counted = core.feed.due.counts().await?;
    let scheduled = counted.map_or(0, |counted| counted.all.scheduled());
    // The counts may be some seconds old.
    Ok(Schedule { scheduled: scheduled.max(tasks.len() as u64), tasks })
}
