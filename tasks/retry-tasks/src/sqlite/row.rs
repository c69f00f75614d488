//! The conversion between records and rows.

use std::time::Duration;

use retry_runtime::{DelaySource, Failures, Kind};
use rusqlite::Row;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};

use super::columns::Columns;
use crate::base::time::Time;
use crate::record::{
    Progress, Record, attempt::AttemptOutcome, attempt::TaskAttempt, id::TaskId, lane::Lane,
    reason::FailReason, state::Phase, state::State,
};

const KINDS: [Kind; 5] =
    [Kind::Transient, Kind::Throttled, Kind::Ambiguous, Kind::Overloaded, Kind::Permanent];

const SOURCES: [DelaySource; 3] = [DelaySource::Backoff, DelaySource::Hint, DelaySource::Budget];

/// The columns of a task that may change.
pub(super) const CHANGING: &str = "phase, reason, unique_key, run_at, started_at, ended_at, deadline, attempts, round, \
    round_at, max, fence, worker, fraction, message, result, last_error, last_kind, last_delay, paced, \
    lane, gives_up, paid, lease_length, misfit_at, failures, lost_key, attempt_at, by_hand";

/// The columns of a task that never change, besides the identifier.
pub(super) const FIXED: &str = "name, priority, valid_for, created_at, redacted, arguments";

/// The columns of an attempt, in the order of [`attempt`].
pub(super) const ATTEMPT: &str =
    "fence, number, started, ended, outcome, kind, error, delay, source, worker";

/// The values of a row, as far as possible borrowed from the record.
type Params<'a> = Vec<ToSqlOutput<'a>>;

pub(super) fn id(id: TaskId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

/// Reads the identifier in the first column.
pub(super) fn read_id(row: &Row<'_>) -> rusqlite::Result<TaskId> {
    let bytes = row.get_ref(0)?.as_bytes().unwrap_or_default();
    Ok(TaskId::from_u128(bytes.try_into().map_or(0, u128::from_be_bytes)))
}

pub(super) fn number(phase: Phase) -> i64 {
    position(&Phase::ALL, phase)
}

pub(super) fn phase(number: i64) -> Option<Phase> {
    at(&Phase::ALL, Some(number))
}

fn position<T: PartialEq>(all: &[T], one: T) -> i64 {
    all.iter().position(|it| *it == one).map_or(-1, |position| position as i64)
}

fn at<T: Copy>(all: &[T], position: Option<i64>) -> Option<T> {
    all.get(usize::try_from(position?).ok()?).copied()
}

pub(super) fn millis(time: Time) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}

pub(super) fn time(millis: i64) -> Time {
    Time::from_millis(u64::try_from(millis).unwrap_or_default())
}

pub(super) fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
}

fn time_of(millis: u64) -> Time {
    Time::from_millis(millis)
}

/// Reads a number; 0 stands for anything else.
pub(super) fn number_at(row: &Row<'_>, column: usize) -> rusqlite::Result<i64> {
    Ok(row.get_ref(column)?.as_i64().unwrap_or_default())
}

/// Reads a text, or whatever stands in its place.
pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    Ok(match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Null => String::new(),
    })
}

/// Reads a text that is only shown, or none.
fn shown(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<String>> {
    let is_there = row.get_ref(column)? != ValueRef::Null;
    is_there.then(|| text(row, column)).transpose()
}

/// A limit for a statement.
pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn owned<'a>(value: impl Into<Value>) -> ToSqlOutput<'a> {
    ToSqlOutput::Owned(value.into())
}

fn number_or_null<'a>(number: Option<i64>) -> ToSqlOutput<'a> {
    owned(number.map_or(Value::Null, Value::Integer))
}

fn time_or_null<'a>(time: Option<Time>) -> ToSqlOutput<'a> {
    number_or_null(time.map(millis))
}

fn borrowed(text: &str) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
}

fn text_or_null(text: Option<&str>) -> ToSqlOutput<'_> {
    text.map_or(ToSqlOutput::Borrowed(ValueRef::Null), borrowed)
}

/// The identifier and the values of [`CHANGING`].
pub(super) fn changing(record: &Record) -> Params<'_> {
    let reason = match record.state {
        State::Failed { reason } => Some(reason.name()),
        _ => None,
    };
    let progress = record.progress.as_ref();
    let fraction = progress.and_then(|progress| progress.fraction);
    vec![
        owned(id(record.id).to_vec()),
        owned(number(record.state.phase())),
        text_or_null(reason),
        text_or_null(record.key.as_deref()),
        time_or_null(record.run_at),
        time_or_null(record.started_at),
        time_or_null(record.ended_at),
        time_or_null(record.deadline),
        owned(record.attempts),
        owned(record.round),
        time_or_null(record.round_at),
        number_or_null(record.limit.map(i64::from)),
        owned(record.fence as i64),
        text_or_null(record.worker.as_deref()),
        owned(fraction.map_or(Value::Null, Value::Real)),
        text_or_null(progress.and_then(|progress| progress.message.as_deref())),
        text_or_null(record.result.as_deref()),
        text_or_null(record.last_error.as_deref()),
        number_or_null(record.last_kind.map(|kind| position(&KINDS, kind))),
        number_or_null(record.last_delay.map(nanos)),
        owned(i64::from(record.paced)),
        number_or_null(record.lane.map(|lane| position(&Lane::ALL, lane))),
        time_or_null(gives_up(record)),
        owned(record.paid as i64),
        owned(nanos(record.lease_length)),
        time_or_null(record.misfit_at),
        owned(written_failures(record.failures).map_or(Value::Null, Value::Text)),
        text_or_null(record.lost_key.as_deref()),
        time_or_null(record.attempt_at),
        owned(record.by_hand),
    ]
}

/// Writes the counts of failures in the order of [`KINDS`]; `None` when there are none.
fn written_failures(mut failures: Failures) -> Option<String> {
    let counts = KINDS.map(|kind| failures.of(kind).to_string());
    (failures.total() > 0).then(|| counts.join(","))
}

/// Reads the counts of failures. They are for statistics, so anything else counts as none.
fn read_failures(text: Option<String>) -> Failures {
    let mut failures = Failures::default();
    for (kind, count) in KINDS.iter().zip(text.unwrap_or_default().split(',')) {
        *failures.of(*kind) = count.parse().unwrap_or_default();
    }
    failures
}

/// The time at which a task that is held gets its attempt without a token if no task of its function succeeds.
fn gives_up(record: &Record) -> Option<Time> {
    record.run_at.filter(|_| record.lane == Some(Lane::Paying)).map(|at| at + record.patience())
}

/// The identifier and the values of [`CHANGING`] and [`FIXED`].
pub(super) fn all(record: &Record) -> Params<'_> {
    let redacted =
        (!record.redacted.is_empty()).then(|| serde_json::json!(record.redacted).to_string());
    let mut all = changing(record);
    all.extend([
        borrowed(&record.name),
        owned(record.priority),
        number_or_null(record.valid_for.map(nanos)),
        owned(millis(record.created_at)),
        owned(redacted.map_or(Value::Null, Value::Text)),
        borrowed(&record.arguments),
    ]);
    all
}

/// Reads a task from the identifier, [`CHANGING`] and [`FIXED`]. A row that cannot be read is one task in trouble, and no
/// failure of the store: it must not stop the others.
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let mut columns = Columns::new(row);
    let run_at = columns.optional(4, "run_at").map(time_of);
    let reason = columns.optional_text(2, "reason");
    let number = columns.number(1, "phase");
    let phase = phase(number).unwrap_or_else(|| {
        columns.wrong("phase", &number);
        Phase::Failed
    });
    let fraction: Option<f64> = row.get(14).unwrap_or_default();
    let message = shown(row, 15)?;
    let redacted = columns.optional_text(34, "redacted");
    let mut record = Record {
        id: read_id(row)?,
        name: columns.text(30, "name"),
        state: state(phase, reason.as_deref(), run_at),
        priority: columns.signed(31, "priority").try_into().unwrap_or_default(),
        key: columns.optional_text(3, "unique_key"),
        valid_for: columns.optional(32, "valid_for").map(Duration::from_nanos),
        created_at: time_of(columns.unsigned(33, "created_at")),
        run_at,
        started_at: columns.optional(5, "started_at").map(time_of),
        ended_at: columns.optional(6, "ended_at").map(time_of),
        deadline: columns.optional(7, "deadline").map(time_of),
        attempts: columns.small(8, "attempts"),
        round: columns.small(9, "round"),
        round_at: columns.optional(10, "round_at").map(time_of),
        limit: columns.optional(11, "max").map(|limit| u32::try_from(limit).unwrap_or(u32::MAX)),
        fence: columns.unsigned(12, "fence"),
        worker: shown(row, 13)?,
        progress: (fraction.is_some() || message.is_some())
            .then_some(Progress { fraction, message }),
        result: columns.optional_text(16, "result"),
        last_error: shown(row, 17)?,
        last_kind: at(&KINDS, columns.optional(18, "last_kind").map(|kind| kind as i64)),
        last_delay: columns.optional(19, "last_delay").map(Duration::from_nanos),
        paced: columns.unsigned(20, "paced") != 0,
        lane: at(&Lane::ALL, columns.optional(21, "lane").map(|lane| lane as i64)),
        paid: columns.unsigned(23, "paid"),
        lease_length: Duration::from_nanos(columns.unsigned(24, "lease_length")),
        redacted: redacted.and_then(|names| serde_json::from_str(&names).ok()).unwrap_or_default(),
        arguments: columns.text(35, "arguments"),
        misfit_at: columns.optional(25, "misfit_at").map(time_of),
        failures: read_failures(shown(row, 26)?),
        lost_key: columns.optional_text(27, "lost_key"),
        attempt_at: columns.optional(28, "attempt_at").map(time_of),
        by_hand: columns.small(29, "by_hand"),
        trouble: None,
    };
    if let Some(trouble) = columns.trouble {
        record.state = State::Failed { reason: FailReason::Unreadable };
        record.lane = None;
        record.last_error = Some(trouble.clone());
        record.trouble = Some(trouble);
    }
    Ok(record)
}

fn state(phase: Phase, reason: Option<&str>, run_at: Option<Time>) -> State {
    match phase {
        Phase::Pending => State::Pending,
        Phase::Running => State::Running,
        Phase::Waiting => State::Waiting { next_attempt_at: run_at.unwrap_or_default() },
        Phase::Complete => State::Complete,
        Phase::Failed => {
            let reason = reason.and_then(FailReason::named).unwrap_or(FailReason::Permanent);
            State::Failed { reason }
        }
        Phase::Cancelled => State::Cancelled,
    }
}

/// The parameters for an attempt: its task, then the columns in the order of [`ATTEMPT`].
pub(super) fn attempt_params(task: TaskId, attempt: &TaskAttempt) -> Params<'_> {
    vec![
        owned(id(task).to_vec()),
        owned(attempt.fence as i64),
        owned(attempt.attempt),
        owned(millis(attempt.started)),
        time_or_null(attempt.ended),
        owned(position(&AttemptOutcome::ALL, attempt.outcome)),
        number_or_null(attempt.kind.map(|kind| position(&KINDS, kind))),
        text_or_null(attempt.error.as_deref()),
        number_or_null(attempt.delay.map(nanos)),
        number_or_null(attempt.delay_source.map(|source| position(&SOURCES, source))),
        borrowed(&attempt.worker),
    ]
}

pub(super) fn outcome(position: i64) -> AttemptOutcome {
    at(&AttemptOutcome::ALL, Some(position)).unwrap_or(AttemptOutcome::Lost)
}

/// Reads an attempt from a row of [`ATTEMPT`]. What cannot be read is left out: attempts are only shown and counted.
pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<TaskAttempt> {
    let mut columns = Columns::new(row);
    Ok(TaskAttempt {
        fence: columns.unsigned(0, "fence"),
        attempt: columns.small(1, "number"),
        started: time_of(columns.unsigned(2, "started")),
        ended: columns.optional(3, "ended").map(time_of),
        outcome: outcome(columns.number(4, "outcome")),
        kind: at(&KINDS, columns.optional(5, "kind").map(|kind| kind as i64)),
        error: shown(row, 6)?,
        delay: columns.optional(7, "delay").map(Duration::from_nanos),
        delay_source: at(&SOURCES, columns.optional(8, "source").map(|source| source as i64)),
        worker: text(row, 9)?,
    })
}
