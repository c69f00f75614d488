//! The operations of a [`Store`] as jobs: submissions, orders by hand, queries, and the removal of old tasks.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;

use retry_runtime::StopReason;
use tokio::sync::broadcast;

use super::{
    aside::one, job::Operation, job::Transaction, leased::Backend, leased::Leased, prune::Remove,
    server::Server, table::Table,
};
use crate::base::{clock::Clock, time::Time};
use crate::event::{Event, EventKind, Measured};
use crate::machine::{orders::Ordered, orders::Verb, retention::Retention};
use crate::record::{
    NewTask, Record, attempt::AttemptOutcome, attempt::TaskAttempt, id::TaskId, lane::Lane,
    state::State,
};
use crate::store::{
    Refusal, Reply, Store, Stored, Submitted, analytics::Analytics, analytics::Sums,
    counts::Counts, error::Result, filter::Filter, filter::Page, host::Host,
};

impl<B: Backend> Store for Leased<B> {
    fn submit(&self, task: NewTask) -> Reply<'_, Submitted> {
        self.write(Submit(task))
    }

    fn order(&self, id: TaskId, verb: Verb) -> Reply<'_, Option<Result<Ordered, Refusal>>> {
        self.write(Order(id, verb))
    }

    fn order_all(&self, ids: Vec<TaskId>, verb: Verb) -> Reply<'_, u64> {
        self.write(OrderAll(ids, verb))
    }

    fn load(&self, id: TaskId, attempts: bool) -> Reply<'_, Option<Stored>> {
        self.query(move |table, now| {
            table.get(id)?.map(|record| stored(table, now, record, attempts)).transpose()
        })
    }

    fn list(&self, filter: Filter, attempts: bool) -> Reply<'_, Page<Stored>> {
        self.query(move |table, now| {
            let Page { tasks, next } = table.list(&filter)?;
            let tasks = tasks.into_iter().map(|record| stored(table, now, record, attempts));
            Ok(Page { tasks: tasks.collect::<Result<_, _>>()?, next })
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

/// Completes a task: with its attempts, if `attempts` is set, and with the state that no row has.
fn stored(table: &mut dyn Table, now: Time, mut record: Record, attempts: bool) -> Result<Stored> {
    let due = record.run_at.filter(|due| record.lane == Some(Lane::Paying) && *due <= now);
    if let Some(since) = due {
        let bucket = table.bucket(&record.name)?;
        if bucket.is_some_and(|bucket| bucket.is_short(now, record.last_kind)) {
            record.state = State::HeldBack { since };
        }
    }
    let mut attempts =
        if attempts { table.attempts(record.id)? } else { return Ok((record, Vec::new())) };
    attempts.extend(record.running_attempt());
    Ok((record, attempts))
}

/// Stores a task, unless another one answers for its key.
struct Submit(NewTask);

impl Operation for Submit {
    type Reply = Submitted;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Submitted> {
        if let Some(mut holder) = self.holder(table)? {
            if holder.answers_for_key(tx.now) {
                return Ok(Submitted { id: holder.id, existing: true });
            }
            holder.lost_key = holder.key.take();
            table.update(&holder)?;
        }
        let record = Record::new(self.0.clone(), tx.now);
        table.insert(&record)?;
        tx.emit(&record, EventKind::Submitted);
        Ok(Submitted { id: record.id, existing: false })
    }
}

impl Submit {
    /// The task that has the key.
    fn holder(&self, table: &mut dyn Table) -> Result<Option<Record>> {
        let Some(key) = &self.0.key else { return Ok(None) };
        match table.keyed(&self.0.name, key)? {
            Some(id) => table.get(id),
            None => Ok(None),
        }
    }
}

/// Carries out an order by hand. Replies `None` when there is no such task, and with the state that does not allow the
/// order.
struct Order(TaskId, Verb);

impl Operation for Order {
    type Reply = Option<Result<Ordered, Refusal>>;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        order(table, tx, self.0, self.1)
    }
}

/// Carries out an order by hand for many tasks. Replies with the number of those that have accepted it.
struct OrderAll(Vec<TaskId>, Verb);

impl Operation for OrderAll {
    type Reply = u64;

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
    let Some(mut record) = table.get(id)? else { return Ok(None) };
    let running = record.running_attempt();
    let ordered = match record.order(tx.now, verb) {
        Ok(ordered) => ordered,
        Err(state) => return Ok(Some(Err(Refusal::State(state)))),
    };
    if let Err(holder) = take_key_back(table, tx.now, &mut record, verb)? {
        return Ok(Some(Err(Refusal::Key(holder))));
    }
    let measured = match running {
        Some(attempt) => Some(cancel_attempt(table, id, attempt, tx.now)?),
        None => None,
    };
    if verb == Verb::Reset {
        table.remove_attempts(id, None)?;
    }
    table.update(&record)?;
    let (kind, ended) = match verb {
        Verb::Cancel => {
            let standing = record.standing(tx.now);
            (EventKind::Cancelled, Some((standing, StopReason::Cancelled)))
        }
        Verb::Reset => (EventKind::Reset, None),
        Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => (EventKind::Retried, None),
    };
    tx.emit_with(&record, kind, measured, ended);
    Ok(Some(Ok(ordered)))
}

/// Takes the key back that another task has taken over. Fails with that task while it answers for the key.
fn take_key_back(
    table: &mut dyn Table,
    now: Time,
    record: &mut Record,
    verb: Verb,
) -> Result<Result<(), TaskId>> {
    let lost = if verb == Verb::Cancel { None } else { record.lost_key.take() };
    let Some(key) = lost else { return Ok(Ok(())) };
    let holder = table.keyed(&record.name, &key)?;
    let holder = holder.map(|id| table.get(id)).transpose()?.flatten();
    if let Some(mut holder) = holder {
        if holder.answers_for_key(now) {
            return Ok(Err(holder.id));
        }
        holder.lost_key = holder.key.take();
        table.update(&holder)?;
    }
    record.key = Some(key);
    Ok(Ok(()))
}

/// Ends the running attempt, whose outcome no longer counts.
fn cancel_attempt(
    table: &mut dyn Table,
    id: TaskId,
    mut attempt: TaskAttempt,
    now: Time,
) -> Result<Measured> {
    attempt.ended = Some(now);
    attempt.outcome = AttemptOutcome::Cancelled;
    table.put_attempt(id, &attempt)?;
    Ok(Measured::Attempt(attempt.outcome, now.since(attempt.started)))
}
