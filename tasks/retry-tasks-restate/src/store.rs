//! The store: each operation is a call of a task's object, and each question about many tasks a query of the server's state.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use retry_tasks::machine::{Ask, Reply as Replied, Task, Told};
use retry_tasks::store::{End, Host, Refusal, Reply, Store, Stored, Submitted};
use retry_tasks::{
    Analytics, Clock, Counts, Event, Filter, NewTask, Ordered, Page, Record, Retention, StoreError,
    TaskId, Time, Verb,
};
use tokio::sync::broadcast;

use crate::engine::Engine;
use crate::protocol::{Answer, Holder, KeyedOrder, KeyedReply, Submission};
use crate::query;

/// The time between two removals of old tasks: each reads the records of all tasks.
const PRUNE_EVERY: Duration = Duration::from_secs(600);

/// The number of requests that one operation for many tasks has open at a time: the server writes them to its log together.
const AT_A_TIME: usize = 32;

/// Orders that the engine cannot carry out.
const PACED: StoreError = StoreError::Unsupported {
    what: "retry many tasks at the pace of the budget",
    why: "the server has no bucket of tokens; retry the tasks one by one with `retry`, and limit the attempts by the \
          worker's `concurrency`",
};

#[derive(Debug)]
pub(crate) struct RestateStore {
    pub(crate) engine: Arc<Engine>,
}

impl Store for RestateStore {
    fn submit(&self, new: NewTask) -> Reply<'_, Submitted> {
        Box::pin(async move {
            let now = self.engine.now();
            // A request may be sent twice, so that only a repeated identifier tells of a repeated submission.
            let is_given = new.id.is_some();
            self.send(now, Task::submit(new, now), is_given).await
        })
    }

    fn submit_many(&self, tasks: Vec<NewTask>) -> Reply<'_, Vec<Submitted>> {
        Box::pin(async move {
            let now = self.engine.now();
            // Tasks of the same key or identifier meet in their order.
            let can_meet = tasks.iter().any(|task| task.id.is_some() || task.key.is_some());
            // The identifiers are in the order of the tasks.
            let sent = stream::iter(tasks).map(|task| {
                let is_given = task.id.is_some();
                self.send(now, Task::submit(task, now), is_given)
            });
            sent.buffered(if can_meet { 1 } else { AT_A_TIME }).try_collect().await
        })
    }

    fn order(&self, id: TaskId, verb: Verb) -> Reply<'_, Option<Result<Ordered, Refusal>>> {
        Box::pin(async move {
            if verb == Verb::RetryPaced {
                return Err(PACED);
            }
            let Some(answer) = self.engine.ask(id, Ask::Order(verb), None).await? else {
                return Ok(None);
            };
            match answer.lost_key.clone() {
                Some(key) => self.order_with_key(answer, key, verb).await,
                None => Ok(Some(ordered(&answer))),
            }
        })
    }

    fn order_all(&self, ids: Vec<TaskId>, verb: Verb) -> Reply<'_, u64> {
        Box::pin(async move {
            let ordered = stream::iter(ids).map(|id| self.order(id, verb));
            let ordered = ordered.buffer_unordered(AT_A_TIME);
            let is_accepted = |ordered| u64::from(matches!(ordered, Some(Ok(_))));
            ordered.try_fold(0, |sum, one| ready(Ok(sum + is_accepted(one)))).await
        })
    }

    fn load(&self, id: TaskId, attempts: bool) -> Reply<'_, Option<Stored>> {
        Box::pin(async move {
            let task = self.engine.load(id, attempts).await?;
            Ok(task.map(|task| stored(task, attempts)))
        })
    }

    fn list(&self, filter: Filter, attempts: bool) -> Reply<'_, Page<Stored>> {
        Box::pin(async move {
            let mut records = query::records(&self.engine.admin).await?;
            records.retain(|record| {
                filter.after.is_none_or(|after| record.id < after) && filter.admits(record)
            });
            records.sort_by_key(|record| Reverse(record.id));
            records.truncate(filter.limit.max(1) + 1);
            let page = Page::new(records, &filter);
            if filter.is_brief && !attempts {
                let tasks = page.tasks.into_iter().map(|record| (record, Vec::new())).collect();
                return Ok(Page { tasks, next: page.next });
            }
            let ids: Vec<TaskId> = page.tasks.iter().map(|record| record.id).collect();
            let mut whole = query::tasks(&self.engine.admin, &ids).await?;
            // One that was removed in the meantime is left out.
            let tasks = ids.iter().filter_map(|id| whole.remove(id));
            let tasks = tasks.map(|task| stored(task, attempts)).collect();
            Ok(Page { tasks, next: page.next })
        })
    }

    fn counts(&self) -> Reply<'_, BTreeMap<String, Counts>> {
        Box::pin(async move {
            let (now, mut all) = (self.engine.now(), BTreeMap::<String, Counts>::new());
            for record in query::records(&self.engine.admin).await? {
                let counts = all.entry(record.name.clone()).or_default();
                *counts.of_mut(record.state.phase()) += 1;
                let waits = !record.state.is_ended() && record.running_attempt().is_none();
                let Some(due) = record.run_at.filter(|due| waits && *due <= now) else { continue };
                counts.due += 1;
                counts.oldest_due = counts.oldest_due.into_iter().chain([due]).min();
            }
            Ok(all)
        })
    }

    fn analytics(&self, name: Option<String>) -> Reply<'_, Analytics> {
        Box::pin(async move { query::analytics(&self.engine.admin, name.as_deref()).await })
    }

    fn prune(&self, retention: Retention) -> Reply<'_, u64> {
        Box::pin(async move {
            let records = query::records(&self.engine.admin).await?;
            self.forget(records, retention).await
        })
    }

    fn remove(&self, ids: Vec<TaskId>) -> Reply<'_, u64> {
        Box::pin(async move {
            // By hand, no key is kept.
            self.forget_all(ids, Time::from_millis(u64::MAX)).await
        })
    }

    fn events(&self) -> broadcast::Receiver<Event> {
        self.engine.bulletin.events()
    }

    fn clock(&self) -> &Arc<dyn Clock> {
        &self.engine.clock
    }

    fn serve(self: Arc<Self>, host: Arc<dyn Host>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(async move {
            let mut ending = host.ending();
            let number = self.engine.slots.add(Arc::clone(&host));
            let end = tokio::select! {
                end = ending.wait_for(|end| *end != End::NotYet) => end.map(|end| *end),
                never = self.keep_clean(&*host) => match never {},
                never = self.resume(&*host) => match never {},
            };
            if !matches!(end, Ok(End::Abandoned)) {
                self.engine.slots.idle(number).await;
            }
            self.engine.slots.remove(number);
        })
    }
}

impl RestateStore {
    /// Removes the tasks among these that the retention does not keep.
    async fn forget(&self, records: Vec<Record>, retention: Retention) -> Result<u64, StoreError> {
        let now = self.engine.now();
        self.forget_all(query::expired(records, retention, now), now).await
    }

    /// Removes those of these tasks that have ended and promise their key to nobody at this time.
    async fn forget_all(&self, ids: Vec<TaskId>, now: Time) -> Result<u64, StoreError> {
        let removed = stream::iter(ids).map(|id| async move {
            Ok(u64::from(self.engine.task::<_, bool>(id, "forget", &now).await?))
        });
        let removed = removed.buffer_unordered(AT_A_TIME);
        removed.try_fold(0, |sum, one| ready(Ok(sum + one))).await
    }

    /// Sends a new task to its object, or to that of its key.
    async fn send(
        &self,
        now: Time,
        (task, told): (Task, Vec<Told>),
        is_given: bool,
    ) -> Result<Submitted, StoreError> {
        let record = task.record.clone();
        let scope = self.engine.limits.scope(&record.name);
        let (id, submission) = (record.id, Submission { now, task, scope });
        if let Some(key) = &record.key {
            let holder: Holder =
                self.engine.key(&record.name, key, "submit", None, &submission).await?;
            if holder.existing && (is_given || holder.id != id) {
                return Ok(Submitted { id: holder.id, existing: true });
            }
        } else {
            let is_new: bool = self.engine.task(id, "submit", &submission).await?;
            if is_given && !is_new {
                return Ok(Submitted { id, existing: true });
            }
        }
        self.engine.bulletin.tell(&record, now, told);
        Ok(Submitted { id, existing: false })
    }

    /// Starts the attempts that wait whenever the worker is resumed.
    async fn resume(&self, host: &dyn Host) -> Infallible {
        let mut pausing = host.pausing();
        while pausing.changed().await.is_ok() {
            self.engine.slots.hand_out();
        }
        // A host that is never paused.
        std::future::pending().await
    }

    /// Removes the old tasks of the worker's functions, again and again.
    async fn keep_clean(&self, host: &dyn Host) -> Infallible {
        loop {
            tokio::time::sleep(PRUNE_EVERY).await;
            let removed = async {
                let mut records = query::records(&self.engine.admin).await?;
                let has =
                    |name: &str| host.functions().iter().any(|function| function.name == name);
                records.retain(|record| has(&record.name));
                self.forget(records, host.settings().retention).await
            };
            if let Err(error) = removed.await {
                tracing::warn!(target: "retry_tasks", %error, "old tasks could not be removed");
            }
        }
    }

    /// Carries out an order for a task whose key another task has taken over.
    async fn order_with_key(
        &self,
        answer: Answer,
        key: String,
        verb: Verb,
    ) -> Result<Option<Result<Ordered, Refusal>>, StoreError> {
        let Record { id, name, .. } = *answer.record;
        let (now, unique) = (self.engine.now(), retry_runtime::CallId::unique().to_string());
        let order = KeyedOrder { now, id, verb };
        let reply = self.engine.key(&name, &key, "order", Some(&unique), &order).await?;
        Ok(match reply {
            KeyedReply::Unknown => None,
            KeyedReply::Taken(holder) => Some(Err(Refusal::Key(holder))),
            KeyedReply::Answer(answer) => {
                self.engine.tell(&answer, now);
                Some(ordered(&answer))
            }
        })
    }
}

/// The result of an order.
fn ordered(answer: &Answer) -> Result<Ordered, Refusal> {
    match &answer.reply {
        Replied::Ordered(ordered) => Ok(*ordered),
        _ => Err(Refusal::State(answer.record.state)),
    }
}

fn stored(task: Task, attempts: bool) -> Stored {
    let history = if attempts { task.history() } else { Vec::new() };
    (task.record, history)
}
