//! The virtual objects on the server: one for each task, which runs the machine, and one for each unique key.
//!
//! Each handler is a function of its input and of the object's state: it reads no clock and no random number, because the
//! server may run it again.

use std::sync::Arc;

use restate_sdk::prelude::*;
use restate_sdk::serde::Json;
use retry_tasks::machine::{Ask, Reply, Task, apply};
use retry_tasks::{Record, TaskAttempt, TaskId, Time};
use serde::{Deserialize, Serialize};

use crate::attempt::AttemptServiceClient;
use crate::engine::Engine;
use crate::protocol::{Answer, Holder, KeyedOrder, KeyedReply, Request, Submission, Ticket};

/// The keys of the state. Each part of a task that changes by itself has its own, and queries read only the parts that they need.
const RECORD: &str = "record";
const ARGUMENTS: &str = "arguments";
const RESULT: &str = "result";
const ATTEMPTS: &str = "attempts";
const CLAIM: &str = "claim";

/// The part of a task that no other process sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Claimed {
    nonce: Option<u64>,
    /// The fencing token and the due time of the attempt that was scheduled last.
    scheduled: Option<(u64, Time)>,
}

pub(crate) struct TaskObject {
    pub(crate) engine: Arc<Engine>,
}

#[restate_sdk::object(name = "RetryTask")]
impl TaskObject {
    /// Stores the task, once.
    #[handler]
    async fn submit(
        &self,
        ctx: ObjectContext<'_>,
        Json(submission): Json<Submission>,
    ) -> HandlerResult<Json<bool>> {
        if ctx.get::<Json<Record>>(RECORD).await?.is_some() {
            return Ok(Json(false));
        }
        let Submission { now, task } = submission;
        let mut claim = Claimed::default();
        schedule(&ctx, &task, &mut claim, now);
        if let Some(deadline) = task.record.deadline {
            let request = Request { now: deadline, ask: Ask::Expire, ticket: None, alone: true };
            let own = ctx.object_client::<TaskObjectClient<'_>>(ctx.key());
            own.ask(Json(request)).send_after(deadline.since(now));
        }
        ctx.set(ARGUMENTS, task.record.arguments.clone());
        keep(&ctx, None, &task, &claim);
        Ok(Json(true))
    }

    /// Applies a request to the task.
    #[handler]
    async fn ask(
        &self,
        ctx: ObjectContext<'_>,
        Json(request): Json<Request>,
    ) -> HandlerResult<Json<Option<Answer>>> {
        let Some(mut task) = brief(&ctx).await? else { return Ok(Json(None)) };
        let Request { now, ask, ticket, alone } = request;
        if let Ask::Order(verb) = &ask {
            let lost_key = task.record.lost_key.clone();
            if lost_key.is_some() && needs_key(*verb) && verb.is_allowed(task.record.state) {
                let reply = Reply::Open;
                let record = Box::new(task.record);
                return Ok(Json(Some(Answer { reply, told: Vec::new(), record, lost_key })));
            }
        }
        let answer = change(&ctx, &mut task, ask, ticket, now).await?;
        if alone {
            self.engine.bulletin.tell(&answer.record, now, answer.told.clone());
        }
        Ok(Json(Some(answer)))
    }

    /// Carries out an order whose key the object of the key has taken back.
    #[handler]
    async fn order_with_key(
        &self,
        ctx: ObjectContext<'_>,
        Json(order): Json<KeyedOrder>,
    ) -> HandlerResult<Json<Option<Answer>>> {
        let Some(mut task) = brief(&ctx).await? else { return Ok(Json(None)) };
        let ask = Ask::Order(order.verb);
        if order.verb.is_allowed(task.record.state) {
            let _ = apply(&mut task, Ask::RegainKey, order.now);
        }
        Ok(Json(Some(change(&ctx, &mut task, ask, None, order.now).await?)))
    }

    /// Reads the task, with its history if that is wanted.
    #[handler]
    async fn load(
        &self,
        ctx: SharedObjectContext<'_>,
        Json(attempts): Json<bool>,
    ) -> HandlerResult<Json<Option<Task>>> {
        let Some(Json(mut record)) = ctx.get::<Json<Record>>(RECORD).await? else {
            return Ok(Json(None));
        };
        record.arguments = ctx.get::<String>(ARGUMENTS).await?.unwrap_or_default();
        record.result = ctx.get::<String>(RESULT).await?;
        let mut task = Task::of(record);
        if attempts {
            let history = ctx.get::<Json<Vec<TaskAttempt>>>(ATTEMPTS).await?;
            task.attempts = history.map(Json::into_inner).unwrap_or_default();
        }
        Ok(Json(Some(task)))
    }

    /// Whether the attempt with this fencing token may go on.
    #[handler]
    async fn may_go_on(
        &self,
        ctx: SharedObjectContext<'_>,
        Json(fence): Json<u64>,
    ) -> HandlerResult<Json<bool>> {
        let record = ctx.get::<Json<Record>>(RECORD).await?;
        Ok(Json(record.is_some_and(|Json(record)| record.fence == fence)))
    }

    /// Removes a task that has ended.
    #[handler]
    async fn forget(
        &self,
        ctx: ObjectContext<'_>,
        Json(now): Json<Time>,
    ) -> HandlerResult<Json<bool>> {
        let record = ctx.get::<Json<Record>>(RECORD).await?.map(Json::into_inner);
        let may = |record: &Record| record.state.is_ended() && !record.has_promised_its_key(now);
        let is_forgotten = record.as_ref().is_some_and(may);
        if is_forgotten {
            ctx.clear_all();
        }
        Ok(Json(is_forgotten))
    }
}

/// The task without arguments and result.
async fn brief(ctx: &ObjectContext<'_>) -> Result<Option<Task>, TerminalError> {
    let Some(Json(record)) = ctx.get::<Json<Record>>(RECORD).await? else { return Ok(None) };
    let mut task = Task::of(record);
    let history = ctx.get::<Json<Vec<TaskAttempt>>>(ATTEMPTS).await?;
    task.attempts = history.map(Json::into_inner).unwrap_or_default();
    task.nonce = claim_of(ctx).await?.nonce;
    Ok(Some(task))
}

async fn claim_of(ctx: &ObjectContext<'_>) -> Result<Claimed, TerminalError> {
    let claim = ctx.get::<Json<Claimed>>(CLAIM).await?;
    Ok(claim.map(Json::into_inner).unwrap_or_default())
}

/// Applies the request, stores the task and schedules its next attempt.
async fn change(
    ctx: &ObjectContext<'_>,
    task: &mut Task,
    ask: Ask,
    ticket: Option<u64>,
    now: Time,
) -> Result<Answer, TerminalError> {
    let stored = claim_of(ctx).await?;
    let mut claim = stored;
    let is_claim = matches!(ask, Ask::Claim(_));
    let before = task.clone();
    let (reply, told) = if ticket.is_some_and(|ticket| is_void(ticket, &task.record)) {
        (Reply::Gone(task.record.state), Vec::new())
    } else {
        apply(task, ask, now)
    };
    if matches!(reply, Reply::NotDue(_)) {
        // The clock of the worker is behind: this attempt came too early, and another one is needed.
        claim.scheduled = None;
    }
    schedule(ctx, task, &mut claim, now);
    if before != *task || claim != stored {
        keep(ctx, Some(&before), task, &claim);
    }
    let mut record = Box::new(task.record.clone());
    if is_claim && reply == Reply::Claimed {
        record.arguments = ctx.get::<String>(ARGUMENTS).await?.unwrap_or_default();
    }
    record.result = None;
    Ok(Answer { reply, told, record, lost_key: None })
}

/// Whether an order by hand has made a ticket void. The holder of a valid one claims the task for the first time, or has
/// claimed it before its process ended.
fn is_void(ticket: u64, record: &Record) -> bool {
    let is_first = record.fence == ticket;
    let is_repeated = record.fence == ticket + 1 && record.running_attempt().is_some();
    !is_first && !is_repeated
}

const fn needs_key(verb: retry_tasks::Verb) -> bool {
    !matches!(verb, retry_tasks::Verb::Cancel)
}

/// Sends for the next attempt, which the server starts when it is due.
fn schedule(ctx: &ObjectContext<'_>, task: &Task, claim: &mut Claimed, now: Time) {
    let record = &task.record;
    let is_open = !record.state.is_ended() && record.running_attempt().is_none();
    let Some(due) = record.run_at.filter(|_| is_open) else { return };
    let wanted = Some((record.fence, due));
    if claim.scheduled == wanted {
        return;
    }
    claim.scheduled = wanted;
    let ticket = Ticket {
        id: record.id,
        name: record.name.clone(),
        fence: record.fence,
        priority: record.priority,
        due,
    };
    let attempt = ctx.service_client::<AttemptServiceClient<'_>>().run(Json(ticket));
    match due.since(now) {
        delay if delay.is_zero() => attempt.send(),
        delay => attempt.send_after(delay),
    };
}

/// Stores the parts of the task that have changed.
fn keep(ctx: &ObjectContext<'_>, before: Option<&Task>, task: &Task, claim: &Claimed) {
    let mut record = task.record.clone();
    if let Some(result) = record.result.take() {
        ctx.set(RESULT, result);
    } else if before.is_some_and(|it| it.record.state.is_ended()) && !record.state.is_ended() {
        // An order by hand has begun anew.
        ctx.clear(RESULT);
    }
    record.arguments = String::new();
    if before.is_none_or(|before| before.attempts != task.attempts) {
        ctx.set(ATTEMPTS, Json(task.attempts.clone()));
    }
    ctx.set(CLAIM, Json(Claimed { nonce: task.nonce, ..*claim }));
    ctx.set(RECORD, Json(record));
}

pub(crate) struct KeyObject;

const HOLDER: &str = "holder";

#[restate_sdk::object(name = "RetryTaskKey")]
impl KeyObject {
    /// Stores the task unless another one answers for the key.
    #[handler]
    async fn submit(
        &self,
        ctx: ObjectContext<'_>,
        Json(submission): Json<Submission>,
    ) -> HandlerResult<Json<Holder>> {
        let id = submission.task.record.id;
        if let Some(other) = holder(&ctx, submission.now, id).await? {
            return Ok(Json(Holder { id: other, existing: true }));
        }
        let task = ctx.object_client::<TaskObjectClient<'_>>(id.to_string());
        let Json(is_new) = task.submit(Json(submission)).call().await?;
        // A submission that is repeated under its identifier takes no key.
        if is_new {
            ctx.set(HOLDER, Json(id));
        }
        Ok(Json(Holder { id, existing: !is_new }))
    }

    /// Carries out an order for a task that needs its key back.
    #[handler]
    async fn order(
        &self,
        ctx: ObjectContext<'_>,
        Json(order): Json<KeyedOrder>,
    ) -> HandlerResult<Json<KeyedReply>> {
        if let Some(other) = holder(&ctx, order.now, order.id).await? {
            return Ok(Json(KeyedReply::Taken(other)));
        }
        let task = ctx.object_client::<TaskObjectClient<'_>>(order.id.to_string());
        let Json(answer) = task.order_with_key(Json(order.clone())).call().await?;
        let Some(answer) = answer else { return Ok(Json(KeyedReply::Unknown)) };
        if matches!(answer.reply, Reply::Ordered(_)) {
            ctx.set(HOLDER, Json(order.id));
        }
        Ok(Json(KeyedReply::Answer(Box::new(answer))))
    }
}

/// The other task that answers for the key. One that does not yields the key.
async fn holder(
    ctx: &ObjectContext<'_>,
    now: Time,
    own: TaskId,
) -> Result<Option<TaskId>, TerminalError> {
    let Some(Json(id)) = ctx.get::<Json<TaskId>>(HOLDER).await? else { return Ok(None) };
    if id == own {
        return Ok(None);
    }
    let request = Request { now, ask: Ask::YieldKey, ticket: None, alone: false };
    let task = ctx.object_client::<TaskObjectClient<'_>>(id.to_string());
    let Json(answer) = task.ask(Json(request)).call().await?;
    Ok(match answer.map(|answer| answer.reply) {
        Some(Reply::Answers(id)) => Some(id),
        _ => None,
    })
}
