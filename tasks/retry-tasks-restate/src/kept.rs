//! The state of a task's object on the server: which part of the task is kept under which key.

use restate_sdk::prelude::*;
use restate_sdk::serde::Json;
use retry_tasks::machine::Task;
use retry_tasks::{Record, TaskAttempt, Time};
use serde::{Deserialize, Serialize};

/// The keys of the state.
pub(crate) const TASK: &str = "task";
pub(crate) const ARGUMENTS: &str = "arguments";
pub(crate) const RESULT: &str = "result";
pub(crate) const ATTEMPTS: &str = "attempts";

/// Arguments and results up to this many bytes are kept with the record, longer ones under a key of their own: each key that a
/// handler reads or writes is one more entry in the server's log, and lists read the value of the record.
const SHORT: usize = 256;

/// A history up to this length is kept with the record.
const FEW: usize = 1;

/// The value under [`TASK`]: the task, without the parts that have a key of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) task: Task,
    /// The fencing token and the due time of the attempt that was scheduled last.
    pub(crate) scheduled: Option<(u64, Time)>,
    pub(crate) apart: Apart,
    /// The scope in which the server counts the attempts. The object has it from the submission: a handler that is run again in
    /// another process must send the same.
    pub(crate) scope: Option<String>,
}

/// The parts of a task that have a key of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Apart {
    pub(crate) arguments: bool,
    pub(crate) result: bool,
    pub(crate) attempts: bool,
}

impl Kept {
    /// A task that was not kept before.
    pub(crate) fn new(task: Task, scope: Option<String>) -> Self {
        Kept { task, scheduled: None, apart: Apart::default(), scope }
    }

    /// Reads the task of an object, with its history, and without arguments and a result that have a key of their own.
    pub(crate) async fn open(ctx: &ObjectContext<'_>) -> Result<Option<Self>, TerminalError> {
        let Some(Json(mut kept)) = ctx.get::<Json<Kept>>(TASK).await? else { return Ok(None) };
        if kept.apart.attempts {
            let history = ctx.get::<Json<Vec<TaskAttempt>>>(ATTEMPTS).await?;
            kept.task.attempts = history.map(Json::into_inner).unwrap_or_default();
        }
        Ok(Some(kept))
    }

    /// Reads the whole task, its history only if that is wanted.
    pub(crate) async fn whole(
        ctx: &SharedObjectContext<'_>,
        attempts: bool,
    ) -> Result<Option<Task>, TerminalError> {
        let Some(Json(kept)) = ctx.get::<Json<Kept>>(TASK).await? else { return Ok(None) };
        let Kept { mut task, apart, .. } = kept;
        if apart.arguments {
            task.record.arguments = ctx.get::<String>(ARGUMENTS).await?.unwrap_or_default();
        }
        if apart.result {
            task.record.result = ctx.get::<String>(RESULT).await?;
        }
        if attempts && apart.attempts {
            let history = ctx.get::<Json<Vec<TaskAttempt>>>(ATTEMPTS).await?;
            task.attempts = history.map(Json::into_inner).unwrap_or_default();
        }
        Ok(Some(task))
    }

    /// The record as an attempt needs it: with its arguments, and without a result.
    pub(crate) async fn for_attempt(
        &self,
        ctx: &ObjectContext<'_>,
    ) -> Result<Record, TerminalError> {
        let mut record = self.task.record.clone();
        if self.apart.arguments {
            record.arguments = ctx.get::<String>(ARGUMENTS).await?.unwrap_or_default();
        }
        record.result = None;
        Ok(record)
    }

    /// Stores the parts of the task that have changed; nothing was stored before if `before` is `None`.
    pub(crate) fn keep(mut self, ctx: &ObjectContext<'_>, before: Option<&Kept>) {
        if before == Some(&self) {
            return;
        }
        let Kept { task, apart, .. } = &mut self;
        if before.is_none() && task.record.arguments.len() > SHORT {
            apart.arguments = true;
            ctx.set(ARGUMENTS, std::mem::take(&mut task.record.arguments));
        }
        match task.record.result.take_if(|result| result.len() > SHORT) {
            Some(result) => {
                apart.result = true;
                ctx.set(RESULT, result);
            }
            // An order by hand has begun anew.
            None if apart.result && !task.record.state.is_ended() => {
                apart.result = false;
                ctx.clear(RESULT);
            }
            None => {}
        }
        match task.attempts.len() > FEW {
            true => {
                let attempts = std::mem::take(&mut task.attempts);
                if before.is_none_or(|before| before.task.attempts != attempts) {
                    ctx.set(ATTEMPTS, Json(attempts));
                }
                apart.attempts = true;
            }
            false if apart.attempts => {
                apart.attempts = false;
                ctx.clear(ATTEMPTS);
            }
            false => {}
        }
        ctx.set(TASK, Json(self));
    }
}
