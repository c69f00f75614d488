//! The rows that a transaction has read and changed so far. Changes are kept here and sent together, each kind with one
//! statement, and a row that was read is not read again.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use retry_tasks::{Bucket, Lane, Record, TaskAttempt, TaskId};
use serde::Serialize;

use super::attempts::{AttemptRows, PUT_ATTEMPTS};
use super::columns::{Id, Version};
use super::connect::{Call, Param};
use super::course::{CourseRows, UPDATE_COURSE, is_course};
use super::fresh::{FreshRows, INSERT_FRESH, is_fresh};
use super::row::{BucketRow, TaskRow};

/// The rows of one transaction.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    tasks: HashMap<TaskId, Option<Record>>,
    /// The versions of the tasks that are remembered, and neither read nor locked in this transaction.
    seen: HashMap<TaskId, Version>,
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
    /// All tasks that the transaction has changed.
    changed: BTreeSet<TaskId>,
}

pub(crate) const INSERT: &str =
    "INSERT INTO @tasks SELECT * FROM json_populate_recordset(NULL::@tasks, $1::text::json)";

/// The columns that may change.
const CHANGING: [&str; 29] = [
    "phase",
    "reason",
    "unique_key",
    "run_at",
    "started_at",
    "attempt_at",
    "ended_at",
    "deadline",
    "attempts",
    "round",
    "round_at",
    "max",
    "fence",
    "worker",
    "fraction",
    "message",
    "result",
    "last_error",
    "last_kind",
    "last_delay",
    "paced",
    "lane",
    "gives_up",
    "paid",
    "lease_length",
    "misfit_at",
    "failures",
    "lost_key",
    "by_hand",
];

/// Writes the columns that may change of tasks that are locked.
pub(crate) static UPDATE: LazyLock<String> = LazyLock::new(|| {
    let rows = "json_populate_recordset(NULL::@tasks, $1::text::json) AS r";
    format!("{} WHERE t.id = r.id", update(rows))
});

/// Writes the same columns of tasks of which some are remembered: `$2` are their versions.
static UPDATE_SEEN: LazyLock<String> = LazyLock::new(|| {
    let json = "json_populate_recordset(NULL::@tasks, $1::text::json)";
    let rows =
        format!("(SELECT *, unnest AS seen FROM ROWS FROM ({json}, unnest($2::xid[])) AS s) AS r");
    checked(&update(&rows), "$2")
});

fn update(rows: &str) -> String {
    let (names, values) =
        (CHANGING.join(", "), CHANGING.map(|name| format!("r.{name}")).join(", "));
    format!("UPDATE @tasks AS t SET ({names}) = ({values}) FROM {rows}")
}

/// The update of tasks that must be as they were seen. Where one has another version, or is gone, a division by zero ends the
/// transaction: its `COMMIT` may be on its way already. `seen` are the versions, `NULL` for a task that is locked.
pub(crate) fn checked(update: &str, seen: &str) -> String {
    format!(
        "WITH done AS ({update} WHERE t.id = r.id AND (r.seen IS NULL OR t.xmin = r.seen) RETURNING 1) \
         SELECT 1 / (count(*) = cardinality({seen}))::int FROM done"
    )
}

const REMOVE: [&str; 2] = [
    "DELETE FROM @attempts WHERE task = ANY($1::uuid[])",
    "DELETE FROM @tasks WHERE id = ANY($1::uuid[])",
];

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
        self.seen.remove(&record.id);
        self.tasks.insert(record.id, Some(record));
    }

    /// Notes a task that is remembered: its version is checked when it is changed.
    pub(crate) fn remember(&mut self, record: Record, version: Version) {
        let id = record.id;
        self.found(record);
        self.seen.insert(id, version);
    }

    /// Notes that there is no such task, unless it was found.
    pub(crate) fn missing(&mut self, id: TaskId) {
        self.tasks.entry(id).or_default();
    }

    /// Notes that nobody has the key, unless its holder was found.
    pub(crate) fn free(&mut self, name: String, key: String) {
        self.keys.entry((name, key)).or_default();
    }

    /// Whether the transaction has locked a task in one of these lanes without a change. A claim of that time has passed over it.
    pub(crate) fn has_left_one(&self, lanes: &[Lane]) -> bool {
        let is_locked = |id| !self.changed.contains(id) && !self.seen.contains_key(id);
        let locked = self.tasks.iter().filter(|(id, _)| is_locked(id));
        let mut waiting = locked.filter_map(|(_, task)| task.as_ref()?.lane);
        waiting.any(|lane| lanes.contains(&lane))
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
        self.change(record);
    }

    fn change(&mut self, record: &Record) {
        self.changed.insert(record.id);
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
        self.changed.insert(id);
    }

    /// Removes a task and its attempts.
    pub(crate) fn remove(&mut self, id: TaskId) {
        self.tasks.insert(id, None);
        self.keys.retain(|_, holder| *holder != Some(id));
        self.removed.insert(id);
        self.changed.insert(id);
    }

    /// Whether nothing is to be sent.
    pub(crate) fn is_unchanged(&self) -> bool {
        self.changed.is_empty() && self.attempts.is_empty() && self.filled.is_empty()
    }

    /// The tasks that the transaction has changed.
    pub(crate) fn changed(&self) -> impl Iterator<Item = TaskId> + Clone + '_ {
        self.changed.iter().copied()
    }

    /// Takes the tasks that the transaction has changed, each as it is now; `None` for one that is not known.
    pub(crate) fn take_changed(&mut self) -> Vec<(TaskId, Option<Record>)> {
        let changed = std::mem::take(&mut self.changed);
        changed.into_iter().map(|id| (id, self.tasks.remove(&id).flatten())).collect()
    }

    /// The buckets that were read or changed.
    pub(crate) fn buckets(&self) -> impl Iterator<Item = (&str, bool)> {
        self.buckets.iter().map(|(name, bucket)| (name.as_str(), bucket.is_some()))
    }

    /// Takes the changes as statements. Keys are released before they are taken.
    pub(crate) fn take_changes(&mut self) -> Vec<Call> {
        let mut calls = Vec::new();
        if !self.removed.is_empty() {
            let ids: Vec<Id> = std::mem::take(&mut self.removed).into_iter().map(Id).collect();
            calls.extend(REMOVE.map(|sql| Call::Query(sql, vec![Box::new(ids.clone())])));
        }
        self.take_updates(&mut calls);
        self.take_inserts(&mut calls);
        let (attempts, mut rows) = (std::mem::take(&mut self.attempts), AttemptRows::default());
        attempts.iter().for_each(|((id, _), attempt)| rows.push((*id, attempt)));
        calls.extend(rows.into_call(&PUT_ATTEMPTS));
        for (statement, new) in [(NEW_BUCKETS, true), (PUT_BUCKETS, false)] {
            let names = self.filled.iter().filter(|(_, is_new)| **is_new == new);
            let filled = names.filter_map(|(name, _)| Some((name, (*self.buckets.get(name)?)?)));
            let filled = filled.map(|(name, bucket)| BucketRow::new(name, &bucket));
            push(&mut calls, statement, &filled.collect::<Vec<_>>(), Vec::new());
        }
        self.filled.clear();
        calls
    }

    fn take_updates(&mut self, calls: &mut Vec<Call>) {
        let mut course = CourseRows::default();
        let (mut keyless, mut keyed) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        let rewritten = std::mem::take(&mut self.rewritten);
        for id in std::mem::take(&mut self.updated) {
            let Some(Some(record)) = self.tasks.get(&id) else { continue };
            let seen = self.seen.remove(&id);
            if !rewritten.contains(&id) {
                course.push((record, seen));
                continue;
            }
            let (rows, versions) = if record.key.is_some() { &mut keyed } else { &mut keyless };
            rows.push(TaskRow::from(record));
            versions.push(seen);
        }
        calls.extend(course.into_call(&UPDATE_COURSE));
        for (rows, versions) in [keyless, keyed] {
            push(calls, &UPDATE_SEEN, &rows, vec![Box::new(versions)]);
        }
    }

    fn take_inserts(&mut self, calls: &mut Vec<Call>) {
        let (mut fresh, mut whole) = (FreshRows::default(), Vec::new());
        for id in std::mem::take(&mut self.inserted) {
            match self.tasks.get(&id) {
                Some(Some(record)) if is_fresh(record) => fresh.push(record),
                Some(Some(record)) => whole.push(TaskRow::from(record)),
                _ => {}
            }
        }
        calls.extend(fresh.into_call(&INSERT_FRESH));
        push(calls, INSERT, &whole, Vec::new());
    }
}

/// Adds the statement for these rows, if there are any, with further parameters.
fn push<T: Serialize>(
    calls: &mut Vec<Call>,
    statement: &'static str,
    rows: &[T],
    more: Vec<Param>,
) {
    if rows.is_empty() {
        return;
    }
    match serde_json::to_string(rows) {
        Ok(json) => {
            let params = std::iter::once(Box::new(json) as Param).chain(more).collect();
            calls.push(Call::Query(statement, params));
        }
        // Only maps whose keys are no texts cannot be written, and rows have none.
        Err(error) => debug_assert!(false, "{error}"),
    }
}
