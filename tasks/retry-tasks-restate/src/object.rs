//! The virtual objects on the server: one for each task, which runs the machine, and one for each unique key.
//!
//! Each handler is a function of its input and of the object's state: it reads no clock and no random number, because the
//! server may run it again.

use std::sync::Arc;

use restate_sdk::prelude::*;
use restate_sdk::serde::Json;
use retry_tasks::machine::{Ask, Reply, Task, apply};
use retry_tasks::{Record, TaskId, Time};

use crate::attempt::AttemptServiceClient;
use crate::engine::Engine;
use crate::kept::{Kept, TASK};
use crate::protocol::{Answer, Holder, KeyedOrder, KeyedReply, Request, Submission, Ticket};

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
        if ctx.get::<Json<Kept>>(TASK).await?.is_some() {
            return Ok(Json(false));
        }
        let Submission { now, task, scope } = submission;
        let mut kept = Kept::new(task, scope);
        schedule(&ctx, &mut kept, now);
        if let Some(deadline) = kept.task.record.deadline {
            let request = Request { now: deadline, ask: Ask::Expire, ticket: None, alone: true };
            let own = ctx.object_client::<TaskObjectClient<'_>>(ctx.key());
            own.ask(Json(request)).send_after(deadline.since(now));
        }
        kept.keep(&ctx, None);
        Ok(Json(true))
    }

    /// Applies a request to the task.
    #[handler]
    async fn ask(
        &self,
        ctx: ObjectContext<'_>,
        Json(request): Json<Request>,
    ) -> HandlerResult<Json<Option<Answer>>> {
        let Some(kept) = Kept::open(&ctx).await? else { return Ok(Json(None)) };
        let Request { now, ask, ticket, alone } = request;
        if let Ask::Order(verb) = &ask {
            let record = &kept.task.record;
            let lost_key = record.lost_key.clone();
            if lost_key.is_some() && needs_key(*verb) && verb.is_allowed(record.state) {
                let (reply, record) = (Reply::Open, Box::new(brief(record.clone())));
                return Ok(Json(Some(Answer { reply, told: Vec::new(), record, lost_key })));
            }
        }
        let answer = change(&ctx, kept, [ask], ticket, now).await?;
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
        let Some(kept) = Kept::open(&ctx).await? else { return Ok(Json(None)) };
        let verb = order.verb;
        let regain = verb.is_allowed(kept.task.record.state).then_some(Ask::RegainKey);
        let asks = regain.into_iter().chain([Ask::Order(verb)]);
        Ok(Json(Some(change(&ctx, kept, asks, None, order.now).await?)))
    }

    /// Reads the task, with its history if that is wanted.
    #[handler]
    async fn load(
        &self,
        ctx: SharedObjectContext<'_>,
        Json(attempts): Json<bool>,
    ) -> HandlerResult<Json<Option<Task>>> {
        Ok(Json(Kept::whole(&ctx, attempts).await?))
    }

    /// Whether the attempt with this fencing token may go on.
    #[handler]
    async fn may_go_on(
        &self,
        ctx: SharedObjectContext<'_>,
        Json(fence): Json<u64>,
    ) -> HandlerResult<Json<bool>> {
        let kept = ctx.get::<Json<Kept>>(TASK).await?;
        Ok(Json(kept.is_some_and(|Json(kept)| kept.task.record.fence == fence)))
    }

    /// Removes a task that has ended.
    #[handler]
    async fn forget(
        &self,
        ctx: ObjectContext<'_>,
        Json(now): Json<Time>,
    ) -> HandlerResult<Json<bool>> {
        let kept = ctx.get::<Json<Kept>>(TASK).await?;
        let may = |record: &Record| record.state.is_ended() && !record.has_promised_its_key(now);
        let is_forgotten = kept.is_some_and(|Json(kept)| may(&kept.task.record));
        if is_forgotten {
            ctx.clear_all();
        }
        Ok(Json(is_forgotten))
    }
}

/// The record without arguments and result.
fn brief(record: Record) -> Record {
    Record { arguments: String::new(), result: None, ..record }
}

/// Applies the requests, stores the task and schedules its next attempt. Answers the last request.
async fn change(
    ctx: &ObjectContext<'_>,
    before: Kept,
    asks: impl IntoIterator<Item = Ask>,
    ticket: Option<u64>,
    now: Time,
) -> Result<Answer, TerminalError> {
    let mut kept = before.clone();
    let record = &kept.task.record;
    let (mut reply, mut told) = (Reply::Gone(record.state), Vec::new());
    if !ticket.is_some_and(|ticket| is_void(ticket, record)) {
        for ask in asks {
            (reply, told) = apply(&mut kept.task, ask, now);
        }
    }
    if matches!(reply, Reply::NotDue(_)) {
        // The clock of the worker is behind: this attempt came too early, and another one is needed.
        kept.scheduled = None;
    }
    schedule(ctx, &mut kept, now);
    let record = Box::new(match reply {
        Reply::Claimed => kept.for_attempt(ctx).await?,
        _ => brief(kept.task.record.clone()),
    });
    kept.keep(ctx, Some(&before));
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
fn schedule(ctx: &ObjectContext<'_>, kept: &mut Kept, now: Time) {
    let record = &kept.task.record;
    let is_open = !record.state.is_ended() && record.running_attempt().is_none();
    let Some(due) = record.run_at.filter(|_| is_open) else { return };
    let wanted = Some((record.fence, due));
    if kept.scheduled == wanted {
        return;
    }
    let ticket = Ticket {
        id: record.id,
        name: record.name.clone(),
        fence: record.fence,
        priority: record.priority,
        due,
    };
    kept.scheduled = wanted;
    let attempt = ctx.service_client::<AttemptServiceClient<'_>>().run(Json(ticket));
    let attempt = match &kept.scope {
        Some(scope) => attempt.scope(scope),
        None => attempt,
    };
    match due.since(now) {
        delay if delay.is_zero() => attempt.send(),
        delay => attempt.send_after(delay),
    };
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
