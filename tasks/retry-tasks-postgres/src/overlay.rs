//! What a transaction has read and changed so far. Changes are kept here and sent together, each kind with one
//! statement, and a row that was read is not read again.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use retry_tasks::{Bucket, Record, TaskAttempt, TaskId};
use serde::Serialize;

use super::connect::Call;
use super::course::{CourseRow, UPDATE_COURSE, is_course};
use super::row::{AttemptRow, BucketRow, TaskRow};

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    tasks: HashMap<TaskId, Option<Record>>,
    /// The holders of keys, by function and key.
    keys: HashMap<(String, String), Option<TaskId>>,
    buckets: HashMap<String, Option<Bucket>>,
    inserted: BTreeSet<TaskId>,
    updated: BTreeSet<TaskId>,
    /// The updated tasks of which more than the course has changed.
    rewritten: BTreeSet<TaskId>,
    attempts: BTreeMap<(TaskId, u64), TaskAttempt>,
    /// The changed buckets, and whether each is new.
    filled: BTreeMap<String, bool>,
    removed: BTreeSet<TaskId>,
    /// The tasks that were locked to be claimed and not changed yet.
    offered: BTreeSet<TaskId>,
}

pub(crate) const INSERT: &str =
    "INSERT INTO @tasks SELECT * FROM json_populate_recordset(NULL::@tasks, $1::text::json)";

/// Writes the columns that may change.
pub(crate) const UPDATE: &str = "UPDATE @tasks AS t SET (phase, reason, unique_key, run_at, started_at, attempt_at, ended_at, deadline, attempts, \
         round, round_at, max, fence, worker, fraction, message, result, last_error, last_kind, last_delay, paced, lane, \
         gives_up, paid, lease_length, misfit_at, failures, lost_key, by_hand) = (r.phase, r.reason, r.unique_key, r.run_at, \
         r.started_at, r.attempt_at, r.ended_at, r.deadline, r.attempts, r.round, r.round_at, r.max, r.fence, r.worker, \
         r.fraction, r.message, r.result, r.last_error, r.last_kind, r.last_delay, r.paced, r.lane, r.gives_up, r.paid, \
         r.lease_length, r.misfit_at, r.failures, r.lost_key, r.by_hand) \
         FROM json_populate_recordset(NULL::@tasks, $1::text::json) AS r WHERE t.id = r.id";

const REMOVE: [&str; 2] = [
    "DELETE FROM @attempts WHERE task = ANY($1::text[]::uuid[])",
    "DELETE FROM @tasks WHERE id = ANY($1::text[]::uuid[])",
];

const PUT_ATTEMPTS: &str = "INSERT INTO @attempts SELECT * FROM json_populate_recordset(NULL::@attempts, $1::text::json) \
     ON CONFLICT (task, fence) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome, kind = excluded.kind, \
     error = excluded.error, delay = excluded.delay, source = excluded.source";

/// A bucket that another program has made at the same time is a conflict: the transaction is done again.
const NEW_BUCKETS: &str =
    "INSERT INTO @buckets SELECT * FROM json_populate_recordset(NULL::@buckets, $1::text::json)";

const PUT_BUCKETS: &str = "UPDATE @buckets AS b SET (tokens, at, capacity, refill, succeeded) = \
     (r.tokens, r.at, r.capacity, r.refill, r.succeeded) \
     FROM json_populate_recordset(NULL::@buckets, $1::text::json) AS r WHERE b.name = r.name";

impl Overlay {
    /// Notes a row as the database has it.
    pub(crate) fn found(&mut self, record: Record) {
        if let Some(key) = &record.key {
            self.keys.insert((record.name.clone(), key.clone()), Some(record.id));
        }
        self.tasks.insert(record.id, Some(record));
    }

    /// Notes that there is no such task, unless it was found.
    pub(crate) fn missing(&mut self, id: TaskId) {
        self.tasks.entry(id).or_default();
    }

    /// Notes that nobody has the key, unless its holder was found.
    pub(crate) fn free(&mut self, name: String, key: String) {
        self.keys.entry((name, key)).or_default();
    }

    /// Notes a task that is locked to be claimed.
    pub(crate) fn offer(&mut self, id: TaskId) {
        self.offered.insert(id);
    }

    /// Whether a task was locked to be claimed and is left for others.
    pub(crate) fn has_left_some(&self) -> bool {
        !self.offered.is_empty()
    }

    /// The task as it is now; the outer `None` when it was not read.
    pub(crate) fn task(&self, id: TaskId) -> Option<&Option<Record>> {
        self.tasks.get(&id)
    }

    /// The holder of a key; the outer `None` when it was not read.
    pub(crate) fn holder(&self, name: &str, key: &str) -> Option<Option<TaskId>> {
        self.keys.get(&(name.to_owned(), key.to_owned())).copied()
    }

    /// The bucket of a function; the outer `None` when it was not read.
    pub(crate) fn bucket(&self, name: &str) -> Option<Option<Bucket>> {
        self.buckets.get(name).copied()
    }

    pub(crate) fn found_bucket(&mut self, name: String, bucket: Option<Bucket>) {
        self.buckets.insert(name, bucket);
    }

    pub(crate) fn insert(&mut self, record: &Record) {
        self.inserted.insert(record.id);
        self.change(record);
    }

    pub(crate) fn update(&mut self, record: &Record) {
        if !self.inserted.contains(&record.id) {
            self.updated.insert(record.id);
        }
        self.offered.remove(&record.id);
        self.change(record);
    }

    fn change(&mut self, record: &Record) {
        let before = self.tasks.insert(record.id, Some(record.clone())).flatten();
        if before.as_ref().is_none_or(|before| !is_course(before, record)) {
            self.rewritten.insert(record.id);
        }
        if let Some(key) = before.and_then(|before| before.key) {
            let holder = self.keys.entry((record.name.clone(), key)).or_default();
            *holder = holder.filter(|holder| *holder != record.id);
        }
        if let Some(key) = record.key.clone() {
            self.keys.insert((record.name.clone(), key), Some(record.id));
        }
    }

    pub(crate) fn put_attempt(&mut self, id: TaskId, attempt: &TaskAttempt) {
        self.attempts.insert((id, attempt.fence), attempt.clone());
    }

    pub(crate) fn put_bucket(&mut self, name: &str, bucket: &Bucket) {
        let before = self.buckets.insert(name.to_owned(), Some(*bucket));
        let is_new = before.is_some_and(|before| before.is_none());
        self.filled.entry(name.to_owned()).or_insert(is_new);
    }

    /// Forgets a task, which a statement of its own changes.
    pub(crate) fn forget(&mut self, id: TaskId) {
        self.tasks.remove(&id);
        self.keys.retain(|_, holder| *holder != Some(id));
    }

    /// Removes a task and its attempts.
    pub(crate) fn remove(&mut self, id: TaskId) {
        self.tasks.insert(id, None);
        self.keys.retain(|_, holder| *holder != Some(id));
        self.removed.insert(id);
    }

    /// Takes the changes as statements. Keys are released before they are taken.
    pub(crate) fn take_changes(&mut self) -> Vec<Call> {
        let (tasks, buckets) = (&self.tasks, &self.buckets);
        let record = |id: &TaskId| tasks.get(id).and_then(Option::as_ref);
        let rows = |ids: &BTreeSet<TaskId>, has_key: bool| -> Vec<TaskRow> {
            let records = ids.iter().filter_map(record);
            records.filter(|it| it.key.is_some() == has_key).map(TaskRow::from).collect()
        };
        let mut calls = Vec::new();
        if !self.removed.is_empty() {
            let ids: Vec<String> = self.removed.iter().map(TaskId::to_string).collect();
            calls.extend(REMOVE.map(|sql| Call::Query(sql, vec![Box::new(ids.clone())])));
            self.removed.clear();
        }
        let course = self.updated.difference(&self.rewritten).filter_map(record);
        push(&mut calls, UPDATE_COURSE, &course.map(CourseRow::from).collect::<Vec<_>>());
        self.updated.retain(|id| self.rewritten.contains(id));
        push(&mut calls, UPDATE, &rows(&self.updated, false));
        push(&mut calls, UPDATE, &rows(&self.updated, true));
        push(
            &mut calls,
            INSERT,
            &self.inserted.iter().filter_map(record).map(TaskRow::from).collect::<Vec<_>>(),
        );
        let attempts = self.attempts.iter().map(|((id, _), attempt)| AttemptRow::new(*id, attempt));
        push(&mut calls, PUT_ATTEMPTS, &attempts.collect::<Vec<_>>());
        for (statement, new) in [(NEW_BUCKETS, true), (PUT_BUCKETS, false)] {
            let names = self.filled.iter().filter(|(_, is_new)| **is_new == new);
            let filled = names.filter_map(|(name, _)| Some((name, (*buckets.get(name)?)?)));
            let filled = filled.map(|(name, bucket)| BucketRow::new(name, &bucket));
            push(&mut calls, statement, &filled.collect::<Vec<_>>());
        }
        self.inserted.clear();
        self.updated.clear();
        self.rewritten.clear();
        self.attempts.clear();
        self.filled.clear();
        calls
    }
}

/// Adds the statement for these rows, if there are any.
fn push<T: Serialize>(calls: &mut Vec<Call>, statement: &'static str, rows: &[T]) {
    if rows.is_empty() {
        return;
    }
    match serde_json::to_string(rows) {
        Ok(json) => calls.push(Call::Query(statement, vec![Box::new(json)])),
        // Only maps whose keys are no texts cannot be written, and rows have none.
        Err(error) => debug_assert!(false, "{error}"),
    }
}
