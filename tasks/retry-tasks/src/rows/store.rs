//! The operations of a [`Store`] as jobs: submissions, orders by hand, queries, and the removal of old tasks.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::broadcast;

use super::{
    aside::one, finish::keep, job::Operation, job::Touches, job::Transaction, leased::Backend,
    leased::Leased, prune::Remove, server::Server, table::Table,
};
use crate::base::{clock::Clock, time::Time};
use crate::event::Event;
use crate::machine::{Ask, Reply as Replied, Task, Told, apply};
use crate::machine::{orders::Ordered, orders::Verb, retention::Retention};
use crate::record::{NewTask, Record, attempt::TaskAttempt, id::TaskId, lane::Lane, state::State};
use crate::store::{
    Refusal, Reply, Store, Stored, Submitted, analytics::Analytics, analytics::Sums,
    counts::Counts, error::Result, error::StoreError, filter::Filter, filter::Page, host::Host,
};

impl<B: Backend> Store for Leased<B> {
    fn submit(&self, task: NewTask) -> Reply<'_, Submitted> {
        let submitted = self.write(Submit(vec![task]));
        Box::pin(async { submitted.await?.pop().ok_or_else(StoreError::closed) })
    }

    fn submit_many(&self, tasks: Vec<NewTask>) -> Reply<'_, Vec<Submitted>> {
        self.write(Submit(tasks))
    }

    fn order(&self, id: TaskId, verb: Verb) -> Reply<'_, Option<Result<Ordered, Refusal>>> {
        self.write(Order(id, verb))
    }

    fn order_all(&self, ids: Vec<TaskId>, verb: Verb) -> Reply<'_, u64> {
        self.write(OrderAll(ids, verb))
    }

    fn load(&self, id: TaskId, attempts: bool) -> Reply<'_, Option<Stored>> {
        self.query(move |table, now| {
            let Some(record) = table.get(id)? else { return Ok(None) };
            let record = shown(table, now, record)?;
            Ok(Some(match attempts {
                true => with_running(record, table.attempts(id)?),
                false => (record, Vec::new()),
            }))
        })
    }

    fn list(&self, filter: Filter, attempts: bool) -> Reply<'_, Page<Stored>> {
        self.query(move |table, now| {
            let Page { tasks, next } = table.list(&filter)?;
            let ids: Vec<TaskId> = tasks.iter().map(|record| record.id).collect();
            let ended =
                if attempts { table.attempts_of(&ids)? } else { vec![Vec::new(); ids.len()] };
            let tasks = tasks.into_iter().zip(ended).map(|(record, ended)| {
                let record = shown(table, now, record)?;
                Ok(if attempts { with_running(record, ended) } else { (record, ended) })
            });
            Ok(Page { tasks: tasks.collect::<Result<_, _>>()?, next })
        })
    }

    fn upcoming(&self, limit: usize, attempts: bool) -> Reply<'_, Vec<Stored>> {
        self.study(move |table, now| {
            let ids = table.upcoming(now, limit)?;
            let ended =
                if attempts { table.attempts_of(&ids)? } else { vec![Vec::new(); ids.len()] };
            let tasks = ids.into_iter().zip(ended);
            let tasks = tasks.map(|(id, ended)| Ok(table.get(id)?.map(|record| (record, ended))));
            tasks.filter_map(Result::transpose).collect()
        })
    }

    fn counts(&self) -> Reply<'_, BTreeMap<String, Counts>> {
        self.study(|table, now| {
            let mut counts = table.counts(now)?;
            for (name, counts) in &mut counts {
                let bucket = if counts.held_back > 0 { table.bucket(name)? } else { None };
                if !bucket.is_some_and(|bucket| bucket.is_short(now, None)) {
                    // They wait for a worker, not for a token.
                    counts.due += std::mem::take(&mut counts.held_back);
                } else {
                    // A task that is held waits, also when its last order by hand made it pending.
                    let pending = table.pending_retries(name, now)?;
                    counts.pending = counts.pending.saturating_sub(pending);
                    counts.waiting += pending;
                }
            }
            Ok(counts)
        })
    }

    fn analytics(&self, name: Option<String>) -> Reply<'_, Analytics> {
        Box::pin(async move {
            let (mut counts, mut sums, mut after) = (Vec::new(), Sums::default(), None);
            loop {
                let of = name.clone();
                let part = self.study(move |table, _| {
                    Ok(match table.analytics_part(of.as_deref(), after)? {
                        Some(part) => Ok(part),
                        None => Err(table.analytics(of.as_deref())?),
                    })
                });
                let part = match part.await? {
                    Ok(part) => part,
                    Err(all_at_once) => return Ok(all_at_once),
                };
                counts.extend(part.counts);
                sums.add(part.sums);
                after = part.next;
                if after.is_none() {
                    return Ok(Analytics::new(counts, sums));
                }
            }
        })
    }

    fn prune(&self, retention: Retention) -> Reply<'_, u64> {
        Box::pin(async move {
            let names = self.study(|table, _| table.names()).await?;
            self.prune_functions(names, retention).await
        })
    }

    fn remove(&self, ids: Vec<TaskId>) -> Reply<'_, u64> {
        self.write(Remove(ids))
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.parts.bus.events.subscribe()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    fn serve(self: Arc<Self>, host: Arc<dyn Host>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(Server::new(self, host).run())
    }
}

/// Completes a task with the state that no row has.
fn shown(table: &mut dyn Table, now: Time, mut record: Record) -> Result<Record> {
    let due = record.run_at.filter(|due| record.lane == Some(Lane::Paying) && *due <= now);
    if let Some(since) = due {
        let bucket = table.bucket(&record.name)?;
        if bucket.is_some_and(|bucket| bucket.is_short(now, record.last_kind)) {
            record.state = State::HeldBack { since };
        }
    }
    Ok(record)
}

/// Adds the running attempt to those that have ended.
fn with_running(record: Record, mut attempts: Vec<TaskAttempt>) -> Stored {
    attempts.extend(record.running_attempt());
    (record, attempts)
}

/// A new task, and what there is to tell of it.
type New = (Task, Vec<Told>);

/// Stores a task, unless another one answers for its key, or it is stored already.
fn stored(table: &mut dyn Table, task: &NewTask, now: Time) -> Result<(Submitted, Option<New>)> {
    if let Some(id) = task.id {
        // Somebody repeats a submission, or has made an identifier twice.
        if table.get(id)?.is_some() {
            return Ok((Submitted { id, existing: true }, None));
        }
    }
    let holder = match &task.key {
        Some(key) => holder(table, &task.name, key)?,
        None => None,
    };
    if let Some(mut holder) = holder {
        if let (Replied::Answers(id), _) = apply(&mut holder, Ask::YieldKey, now) {
            return Ok((Submitted { id, existing: true }, None));
        }
        table.update(&holder.record)?;
    }
    let (task, told) = Task::submit(task.clone(), now);
    table.insert(&task.record)?;
    Ok((Submitted { id: task.record.id, existing: false }, Some((task, told))))
}

/// Stores tasks, all of them or none.
struct Submit(Vec<NewTask>);

impl Operation for Submit {
    type Reply = Vec<Submitted>;

    fn touches(&self) -> Touches {
        let key = |task: &NewTask| Some((task.name.clone(), task.key.clone()?));
        let mut touches = Touches::tasks(self.0.iter().filter_map(|task| task.id));
        touches.keys = self.0.iter().filter_map(key).collect();
        touches
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let mut submitted = Vec::with_capacity(self.0.len());
        for task in &self.0 {
            let (reply, new) = stored(table, task, tx.now)?;
            if let Some((task, told)) = new {
                told.into_iter().for_each(|told| tx.tell(&task.record, told));
            }
            submitted.push(reply);
        }
        Ok(submitted)
    }
}

/// Carries out an order by hand. Replies `None` when there is no such task, and with the state that does not allow the
/// order.
struct Order(TaskId, Verb);

impl Operation for Order {
    type Reply = Option<Result<Ordered, Refusal>>;

    fn touches(&self) -> Touches {
        Touches::tasks([self.0])
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        order(table, tx, self.0, self.1)
    }
}

/// Carries out an order by hand for many tasks. Replies with the number of those that have accepted it.
struct OrderAll(Vec<TaskId>, Verb);

impl Operation for OrderAll {
    type Reply = u64;

    fn touches(&self) -> Touches {
        Touches::tasks(self.0.iter().copied())
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<u64> {
        let mut accepted = 0;
        for id in &self.0 {
            let ordered = one(table, tx, *id, |table, tx| order(table, tx, *id, self.1))?;
            accepted += u64::from(matches!(ordered.flatten(), Some(Ok(_))));
        }
        Ok(accepted)
    }
}

fn order(
    table: &mut dyn Table,
    tx: &mut Transaction,
    id: TaskId,
    verb: Verb,
) -> Result<Option<Result<Ordered, Refusal>>> {
    let Some(record) = table.get(id)? else { return Ok(None) };
    let mut task = Task::of(record);
    let (reply, told) = apply(&mut task, Ask::Order(verb), tx.now);
    let ordered = match reply {
        Replied::Ordered(ordered) => ordered,
        _ => return Ok(Some(Err(Refusal::State(task.record.state)))),
    };
    if let Err(holder) = take_key_back(table, tx.now, &mut task, verb)? {
        return Ok(Some(Err(Refusal::Key(holder))));
    }
    keep(table, tx, &task.record, told)?;
    Ok(Some(Ok(ordered)))
}

/// Takes the key back that another task has taken over. Fails with that task while it answers for the key.
fn take_key_back(
    table: &mut dyn Table,
    now: Time,
    task: &mut Task,
    verb: Verb,
) -> Result<Result<(), TaskId>> {
    let lost = if verb == Verb::Cancel { None } else { task.record.lost_key.clone() };
    let Some(key) = lost else { return Ok(Ok(())) };
    if let Some(mut holder) = holder(table, &task.record.name, &key)? {
        if let (Replied::Answers(id), _) = apply(&mut holder, Ask::YieldKey, now) {
            return Ok(Err(id));
        }
        table.update(&holder.record)?;
    }
    let _ = apply(task, Ask::RegainKey, now);
    Ok(Ok(()))
}

/// The task of this function that has this key.
fn holder(table: &mut dyn Table, name: &str, key: &str) -> Result<Option<Task>> {
    match table.keyed(name, key)? {
        Some(id) => Ok(table.get(id)?.map(Task::of)),
        None => Ok(None),
    }
}
