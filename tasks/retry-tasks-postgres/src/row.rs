//! The conversion between records and rows. This is the only list of all columns besides the schema. Rows are read in columns,
//! and written as JSON, many at a time in one parameter, where no other module has a quicker way for some of the columns. A column
//! that is null is left out then: the server reads half as much.

use std::time::Duration;

use retry_runtime::{Failures, Kind};
use retry_tasks::{Bucket, FailReason, Lane, Phase, Progress, Record, State, TaskId, Time};
use serde::{Deserialize, Serialize};
use tokio_postgres::Row;

use super::columns::{Column, Id};

/// Declares the row of `tasks`, the list of its columns, and the function that reads it.
macro_rules! task_row {
    ($($column:ident: $kind:ty,)+) => {
        /// A row of `tasks`. Times are milliseconds since 1970, other durations are nanoseconds.
        #[derive(Debug, Serialize)]
        #[cfg_attr(test, derive(Deserialize))]
        pub(crate) struct TaskRow {
            $(#[serde(skip_serializing_if = "Column::is_null")] $column: $kind,)+
        }

        /// The columns of a row, in the order in which they are read.
        pub(crate) const COLUMNS: &[&str] = &[$(stringify!($column)),+];

        impl TaskRow {
            /// Reads the columns; if one cannot be read, its name is the error.
            fn read(row: &Row) -> Result<Self, &'static str> {
                let mut at = 0..;
                Ok(TaskRow {
                    $($column: Column::of(row, at.next().unwrap_or_default()).ok_or(stringify!($column))?,)+
                })
            }
        }
    };
}

task_row! {
    id: TaskId,
    name: String,
    phase: Phase,
    reason: Option<FailReason>,
    priority: i32,
    unique_key: Option<String>,
    valid_for: Option<i64>,
    created_at: i64,
    run_at: Option<i64>,
    started_at: Option<i64>,
    attempt_at: Option<i64>,
    ended_at: Option<i64>,
    deadline: Option<i64>,
    attempts: i64,
    round: i64,
    round_at: Option<i64>,
    max: Option<i64>,
    fence: i64,
    worker: Option<String>,
    fraction: Option<f64>,
    message: Option<String>,
    result: Option<String>,
    last_error: Option<String>,
    last_kind: Option<Kind>,
    last_delay: Option<i64>,
    paced: bool,
    lane: Option<String>,
    gives_up: Option<i64>,
    paid: i64,
    lease_length: i64,
    misfit_at: Option<i64>,
    failures: Vec<i64>,
    lost_key: Option<String>,
    by_hand: i64,
    redacted: Vec<String>,
    arguments: String,
}

/// A row of `buckets`. Amounts are in thousandths of a token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct BucketRow {
    pub(crate) name: String,
    tokens: i64,
    at: i64,
    capacity: i64,
    refill: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    succeeded: Option<i64>,
}

pub(crate) fn millis(time: Time) -> i64 {
    whole(time.as_millis())
}

pub(crate) fn time(millis: i64) -> Time {
    Time::from_millis(natural(millis))
}

pub(crate) fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

pub(crate) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(natural(nanos))
}

pub(crate) fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(crate) fn natural(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

pub(crate) fn small(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}

/// The text as the database can store it: PostgreSQL has no character 0 in texts.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "\u{2400}")
}

pub(crate) fn storable_or_none(text: Option<&str>) -> Option<String> {
    text.map(storable)
}

const KINDS: [Kind; 5] =
    [Kind::Transient, Kind::Throttled, Kind::Ambiguous, Kind::Overloaded, Kind::Permanent];

/// The counts in the order of [`KINDS`]; empty when there are none.
fn written_failures(mut failures: Failures) -> Vec<i64> {
    if failures.total() == 0 {
        return Vec::new();
    }
    KINDS.map(|kind| whole(*failures.of(kind))).to_vec()
}

fn read_failures(counts: &[i64]) -> Failures {
    let mut failures = Failures::default();
    for (kind, count) in KINDS.into_iter().zip(counts) {
        *failures.of(kind) = natural(*count);
    }
    failures
}

impl From<&Record> for TaskRow {
    fn from(record: &Record) -> Self {
        let progress = record.progress.as_ref();
        let is_paying = record.lane == Some(Lane::Paying);
        let gives_up = record.run_at.filter(|_| is_paying).map(|at| at + record.patience());
        TaskRow {
            id: record.id,
            name: storable(&record.name),
            phase: record.state.phase(),
            reason: match record.state {
                State::Failed { reason } => Some(reason),
                _ => None,
            },
            priority: record.priority,
            unique_key: storable_or_none(record.key.as_deref()),
            valid_for: record.valid_for.map(nanos),
            created_at: millis(record.created_at),
            run_at: record.run_at.map(millis),
            started_at: record.started_at.map(millis),
            attempt_at: record.attempt_at.map(millis),
            ended_at: record.ended_at.map(millis),
            deadline: record.deadline.map(millis),
            attempts: record.attempts.into(),
            round: record.round.into(),
            round_at: record.round_at.map(millis),
            max: record.limit.map(i64::from),
            fence: whole(record.fence),
            worker: storable_or_none(record.worker.as_deref()),
            fraction: progress.and_then(|progress| progress.fraction),
            message: storable_or_none(progress.and_then(|progress| progress.message.as_deref())),
            result: record.result.clone(),
            last_error: storable_or_none(record.last_error.as_deref()),
            last_kind: record.last_kind,
            last_delay: record.last_delay.map(nanos),
            paced: record.paced,
            lane: record.lane.map(|lane| lane.name().to_owned()),
            gives_up: gives_up.map(millis),
            paid: whole(record.paid),
            lease_length: nanos(record.lease_length),
            misfit_at: record.misfit_at.map(millis),
            failures: written_failures(record.failures),
            lost_key: storable_or_none(record.lost_key.as_deref()),
            by_hand: record.by_hand.into(),
            redacted: record.redacted.clone(),
            arguments: record.arguments.clone(),
        }
    }
}

impl From<TaskRow> for Record {
    fn from(row: TaskRow) -> Self {
        let run_at = row.run_at.map(time);
        Record {
            id: row.id,
            name: row.name,
            arguments: row.arguments,
            redacted: row.redacted,
            state: match row.phase {
                Phase::Running => State::Running,
                Phase::Waiting => State::Waiting { next_attempt_at: run_at.unwrap_or_default() },
                Phase::Complete => State::Complete,
                Phase::Failed => {
                    State::Failed { reason: row.reason.unwrap_or(FailReason::Permanent) }
                }
                Phase::Cancelled => State::Cancelled,
                _ => State::Pending,
            },
            priority: row.priority,
            key: row.unique_key,
            valid_for: row.valid_for.map(duration),
            created_at: time(row.created_at),
            run_at,
            started_at: row.started_at.map(time),
            attempt_at: row.attempt_at.map(time),
            ended_at: row.ended_at.map(time),
            deadline: row.deadline.map(time),
            attempts: small(row.attempts),
            round: small(row.round),
            round_at: row.round_at.map(time),
            limit: row.max.map(small),
            fence: natural(row.fence),
            worker: row.worker,
            progress: (row.fraction.is_some() || row.message.is_some())
                .then_some(Progress { fraction: row.fraction, message: row.message }),
            result: row.result,
            last_error: row.last_error,
            last_kind: row.last_kind,
            last_delay: row.last_delay.map(duration),
            paced: row.paced,
            lane: row.lane.as_deref().and_then(Lane::named),
            paid: natural(row.paid),
            lease_length: duration(row.lease_length),
            failures: read_failures(&row.failures),
            lost_key: row.lost_key,
            by_hand: small(row.by_hand),
            misfit_at: row.misfit_at.map(time),
            trouble: None,
        }
    }
}

impl BucketRow {
    pub(crate) fn new(name: &str, bucket: &Bucket) -> Self {
        BucketRow {
            name: storable(name),
            tokens: whole(bucket.tokens),
            at: millis(bucket.at),
            capacity: whole(bucket.capacity),
            refill: whole(bucket.refill),
            succeeded: bucket.succeeded.map(millis),
        }
    }
}

impl From<&BucketRow> for Bucket {
    fn from(row: &BucketRow) -> Self {
        Bucket {
            tokens: natural(row.tokens),
            at: time(row.at),
            capacity: natural(row.capacity),
            refill: natural(row.refill),
            succeeded: row.succeeded.map(time),
        }
    }
}

/// Reads a task. A row that cannot be read is one task in trouble, and no failure of the store: it must not stop the
/// others.
pub(crate) fn record(row: &Row) -> Record {
    match TaskRow::read(row) {
        Ok(row) => row.into(),
        Err(column) => troubled(row, column),
    }
}

fn troubled(row: &Row, column: &str) -> Record {
    let trouble = format!(
        "the column `{column}` of the stored row cannot be read; correct it in the database, or reset the task"
    );
    let text = |column: &str| row.try_get::<_, String>(column).unwrap_or_default();
    let at = |column: &str| row.try_get::<_, Option<i64>>(column).unwrap_or_default().map(time);
    let task = retry_tasks::NewTask {
        id: row.try_get::<_, Id>("id").ok().map(|id| id.0),
        name: text("name"),
        arguments: text("arguments"),
        ..retry_tasks::NewTask::default()
    };
    let mut record = Record::new(task, at("created_at").unwrap_or_default());
    record.state = State::Failed { reason: FailReason::Unreadable };
    (record.lane, record.run_at, record.ended_at) = (None, None, at("ended_at"));
    record.last_error = Some(trouble.clone());
    record.trouble = Some(trouble);
    record
}

#[cfg(test)]
#[path = "row_tests.rs"]
mod tests;
