//! Rows: all that the operations need of a backend inside one transaction.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::time::Time;
use crate::machine::{lease::Lease, pace::Bucket};
use crate::record::{Record, attempt::TaskAttempt, id::TaskId, lane::Lane, state::Phase};
use crate::store::{
    analytics::Analytics, analytics::Part, counts::Counts, error::Result, filter::Filter,
    filter::Page, upcoming::place,
};

/// A task that may be claimed.
///
/// ```
/// use retry_tasks::rows::Due;
/// use retry_tasks::Time;
///
/// let id = "018bcfe5-6800-7000-8000-0123456789ab".parse()?;
/// let due = Due { id, priority: 0, run_at: Time::from_millis(1_700_000_000_000) };
/// println!("{} since {}", due.id, due.run_at);
/// # Ok::<(), retry_tasks::NoTaskId>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The task.
    pub id: TaskId,
    /// The priority; due tasks with a greater one start first.
    pub priority: i32,
    /// The due time.
    pub run_at: Time,
}

/// The earliest due times of a function's tasks that wait.
///
/// ```
/// use retry_tasks::Time;
/// use retry_tasks::rows::NextDue;
///
/// /// When a worker has to look again.
/// fn next(due: NextDue) -> Option<Time> {
///     due.later.into_iter().chain(due.paying).min()
/// }
///
/// let due = NextDue { later: Some(Time::from_millis(7)), paying: None };
/// assert_eq!(next(due), due.later);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NextDue {
    /// The earliest in [`Lane::Later`].
    pub later: Option<Time>,
    /// The earliest in [`Lane::Paying`].
    pub paying: Option<Time>,
}

/// The tasks of a function that a claim is offered.
///
/// ```
/// use retry_tasks::rows::Offer;
///
/// /// Whether a worker has something to do.
/// fn has_work(offer: &Offer) -> bool {
///     !offer.ready.is_empty()
/// }
/// assert!(!has_work(&Offer::default()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The earliest due times of the tasks that wait.
    pub next: NextDue,
    /// The first tasks in [`Lane::Ready`].
    pub ready: Vec<Due>,
}

/// A lease under which an attempt is running.
///
/// ```
/// use retry_tasks::rows::Held;
///
/// /// The leases that a monitor shows.
/// fn show(held: &Held) -> String {
///     format!("{}: task {} until {}", held.name, held.lease.id, held.until)
/// }
/// # let _ = show;
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The lease.
    pub lease: Lease,
    /// The function's name.
    pub name: String,
    /// The end of the lease by the clock of its worker. It changes with each renewal.
    pub until: Time,
    /// How long the lease is valid without a renewal.
    pub length: Duration,
}

/// The rows of a store in one transaction.
///
/// ```
/// use retry_tasks::rows::Table;
/// use retry_tasks::{StoreError, TaskId};
///
/// /// How the crate asks a table.
/// fn attempts_made(table: &mut dyn Table, id: TaskId) -> Result<u32, StoreError> {
///     Ok(table.get(id)?.map_or(0, |record| record.attempts))
/// }
/// # let _ = attempts_made;
/// ```
#[allow(clippy::missing_errors_doc, reason = "each error is a failure of the store")]
pub trait Table {
    /// Inserts a task.
    fn insert(&mut self, record: &Record) -> Result<()>;
    /// Updates a task. The identifier, the name, the priority, the arguments and the times of submission and validity
    /// never change.
    fn update(&mut self, record: &Record) -> Result<()>;
    /// Returns a task.
    fn get(&mut self, id: TaskId) -> Result<Option<Record>>;
    /// Returns the task of this function that has this key.
    fn keyed(&mut self, name: &str, key: &str) -> Result<Option<TaskId>>;
    /// Ends a task whose row cannot be read or changed as failed and [`Unreadable`](crate::FailReason::Unreadable), with
    /// this error. Changes no more of the row than that takes.
    fn set_aside(&mut self, id: TaskId, now: Time, error: &str) -> Result<()>;
    /// Does the work, and takes back what it has changed when it fails.
    fn nested(&mut self, work: &mut dyn FnMut(&mut dyn Table) -> Result<()>) -> Result<()>;
    /// Extends the lease with this fencing token until `until`; `false` when it is no longer valid.
    fn renew(&mut self, id: TaskId, fence: u64, until: Time) -> Result<bool>;

    /// Returns the first tasks in a [`Lane`] of this function whose `run_at` has come, in the order of the lane. The cost
    /// must not depend on the number of tasks or priorities.
    fn due(&mut self, name: &str, lane: Lane, now: Time, limit: usize) -> Result<Vec<Due>>;
    /// Returns the earliest `run_at` in a lane of this function.
    fn next_due(&mut self, name: &str, lane: Lane) -> Result<Option<Time>>;
    /// Returns the earliest `run_at` of the tasks of this function that wait.
    fn next_dues(&mut self, name: &str) -> Result<NextDue> {
        let later = self.next_due(name, Lane::Later)?;
        Ok(NextDue { later, paying: self.next_due(name, Lane::Paying)? })
    }
    /// Moves tasks of this function whose `run_at` has come from [`Lane::Later`] to [`Lane::Ready`], the longest due
    /// first, and returns their number.
    fn promote(&mut self, name: &str, now: Time, limit: usize) -> Result<usize>;
    /// Makes an offer of each of these functions, with at most this many tasks. Where tasks wait in [`Lane::Later`] whose time has
    /// come, it [promotes](Self::promote) at most `most` of them before. A claim asks once for all of its functions, so that a
    /// store on another machine answers all of them together.
    fn offers(&mut self, asked: &[(&str, usize)], now: Time, most: usize) -> Result<Vec<Offer>> {
        let offer = |&(name, limit): &(&str, usize)| {
            let next = self.next_dues(name)?;
            if next.later.is_some_and(|due| due <= now) {
                self.promote(name, now, most)?;
            }
            Ok(Offer { next, ready: self.due(name, Lane::Ready, now, limit)? })
        };
        asked.iter().map(offer).collect()
    }
    /// Returns tasks in [`Lane::Paying`] whose `run_at` lies at least their [patience](Record::patience) back, when that
    /// is at most `quiet`. The shortest patience is 5 minutes.
    fn impatient(
        &mut self,
        name: &str,
        now: Time,
        quiet: Duration,
        limit: usize,
    ) -> Result<Vec<Due>>;
    /// Returns open tasks of any function that are not running and whose deadline has passed.
    fn overdue(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>>;
    /// Returns tasks of this function that [`Record::repair`] may change: those that wait with the latest `run_at`, more than an
    /// hour away, and those that are ready and due more than a minute from now. A store that no second machine uses may
    /// return none.
    fn far_away(&mut self, name: &str, now: Time, limit: usize) -> Result<Vec<TaskId>>;
    /// Returns the leases of all running attempts.
    fn leases(&mut self) -> Result<Vec<Held>>;

    /// Returns the bucket of this function.
    fn bucket(&mut self, name: &str) -> Result<Option<Bucket>>;
    /// Inserts or updates the bucket of this function.
    fn put_bucket(&mut self, name: &str, bucket: &Bucket) -> Result<()>;

    /// Inserts an attempt that has ended, or updates the one with the same fencing token. The running attempt is part of the
    /// [record](Record::running_attempt).
    fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) -> Result<()>;
    /// Returns the attempt with this fencing token.
    fn attempt(&mut self, id: TaskId, fence: u64) -> Result<Option<TaskAttempt>>;
    /// Returns the attempts of a task that have ended, in order.
    fn attempts(&mut self, id: TaskId) -> Result<Vec<TaskAttempt>>;
    /// Returns the attempts of each of these tasks. A store on another machine answers in one statement.
    fn attempts_of(&mut self, ids: &[TaskId]) -> Result<Vec<Vec<TaskAttempt>>> {
        ids.iter().map(|id| self.attempts(*id)).collect()
    }
    /// Removes all but the last attempts of a task.
    fn trim_attempts(&mut self, id: TaskId, keep: usize) -> Result<()>;
    /// Removes the attempt with this fencing token, or all attempts of the task.
    fn remove_attempts(&mut self, id: TaskId, fence: Option<u64>) -> Result<()>;

    /// Returns a page of the tasks that pass the filter, the newest first.
    fn list(&mut self, filter: &Filter) -> Result<Page<Record>>;
    /// Returns the tasks in [`Lane::Later`] and [`Lane::Paying`], of any function, whose `run_at` is after `now`: those with the
    /// earliest one first. A store with an index of the times should not read the other tasks.
    fn upcoming(&mut self, now: Time, limit: usize) -> Result<Vec<TaskId>> {
        let open = Filter::new().phase(Phase::Pending).phase(Phase::Waiting).limit(usize::MAX);
        let tasks = self.list(&open.brief())?.tasks;
        let mut places: Vec<_> = tasks.iter().filter_map(|record| place(record, now)).collect();
        places.sort_unstable();
        Ok(places.into_iter().take(limit).map(|(_, id)| id).collect())
    }
    /// Counts the tasks of each function by state; `due` has those in [`Lane::Ready`] and those in [`Lane::Later`] whose
    /// `run_at` has come, and `held_back` those in [`Lane::Paying`].
    fn counts(&mut self, now: Time) -> Result<BTreeMap<String, Counts>>;
    /// Counts the pending tasks of this function in [`Lane::Paying`] whose `run_at` has come.
    fn pending_retries(&mut self, name: &str, now: Time) -> Result<u64>;
    /// Evaluates the stored attempts of the function with this name, or of all functions.
    fn analytics(&mut self, name: Option<&str>) -> Result<Analytics>;

    /// Evaluates some thousands of tasks that follow this one in the order of their identifiers: a store that needs long for all
    /// of them lets other questions pass in between. `None`: [`analytics`](Self::analytics) is quick.
    fn analytics_part(
        &mut self,
        name: Option<&str>,
        after: Option<TaskId>,
    ) -> Result<Option<Part>> {
        let _ = (name, after);
        Ok(None)
    }

    /// Counts the tasks that have ended.
    fn ended(&mut self) -> Result<u64>;
    /// Returns the tasks that ended first, with the times of their ends.
    fn oldest_ended(&mut self, limit: usize) -> Result<Vec<(TaskId, Time)>>;
    /// Returns the names of all functions that have tasks.
    fn names(&mut self) -> Result<Vec<String>> {
        Ok(self.counts(Time::default())?.into_keys().collect())
    }
    /// Counts the tasks of this function that have ended in this phase.
    fn ended_in(&mut self, name: &str, phase: Phase) -> Result<u64> {
        Ok(self.counts(Time::default())?.get(name).map_or(0, |counts| counts.of(phase)))
    }
    /// Returns the tasks of this function in this phase that ended first, with the times of their ends. Leaves out those that
    /// [have promised their keys](Record::has_promised_its_key).
    fn oldest_ended_in(
        &mut self,
        name: &str,
        phase: Phase,
        now: Time,
        limit: usize,
    ) -> Result<Vec<(TaskId, Time)>> {
        let mut found = Vec::new();
        for (id, ended) in self.oldest_ended(usize::MAX)? {
            let is_wanted = |record: &Record| {
                record.name == name
                    && record.state.phase() == phase
                    && !record.has_promised_its_key(now)
            };
            if self.get(id)?.as_ref().is_some_and(is_wanted) {
                found.push((id, ended));
            }
            if found.len() == limit {
                break;
            }
        }
        Ok(found)
    }
    /// Removes a task and its attempts.
    fn remove(&mut self, id: TaskId) -> Result<()>;
}
