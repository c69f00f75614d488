//! The conversion between records and rows.

use std::time::Duration;

use retry_runtime::{DelaySource, Kind};
use rusqlite::types::ValueRef;
use rusqlite::{Row, ToSql};

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
    lane, gives_up, paid, lease_length";

/// The columns of a task that never change, besides the identifier.
pub(super) const FIXED: &str = "name, priority, valid_for, created_at, redacted, arguments";

/// The columns of an attempt, in the order of [`attempt`].
pub(super) const ATTEMPT: &str =
    "fence, number, started, ended, outcome, kind, error, delay, source, worker";

type Params = Vec<Box<dyn ToSql>>;

pub(super) fn id(id: TaskId) -> [u8; 16] {
    id.as_u128().to_be_bytes()
}

/// Reads the identifier in the first column.
pub(super) fn read_id(row: &Row<'_>) -> rusqlite::Result<TaskId> {
    Ok(TaskId::from_u128(u128::from_be_bytes(row.get(0)?)))
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

/// A limit for a statement.
pub(super) fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// Boxes the value of a column.
fn boxed(value: impl ToSql + 'static) -> Box<dyn ToSql> {
    Box::new(value)
}

/// The identifier and the values of [`CHANGING`].
pub(super) fn changing(record: &Record) -> Params {
    let reason = match record.state {
        State::Failed { reason } => Some(reason.name()),
        _ => None,
    };
    let progress = record.progress.as_ref();
    vec![
        boxed(id(record.id)),
        boxed(number(record.state.phase())),
        boxed(reason),
        boxed(record.key.clone()),
        boxed(record.run_at.map(millis)),
        boxed(record.started_at.map(millis)),
        boxed(record.ended_at.map(millis)),
        boxed(record.deadline.map(millis)),
        boxed(record.attempts),
        boxed(record.round),
        boxed(record.round_at.map(millis)),
        boxed(record.limit),
        boxed(record.fence as i64),
        boxed(record.worker.clone()),
        boxed(progress.and_then(|progress| progress.fraction)),
        boxed(progress.and_then(|progress| progress.message.clone())),
        boxed(record.result.clone()),
        boxed(record.last_error.clone()),
        boxed(record.last_kind.map(|kind| position(&KINDS, kind))),
        boxed(record.last_delay.map(nanos)),
        boxed(record.paced),
        boxed(record.lane.map(|lane| position(&Lane::ALL, lane))),
        boxed(gives_up(record).map(millis)),
        boxed(record.paid as i64),
        boxed(nanos(record.lease_length)),
    ]
}

/// The time at which a task that is held gets its attempt without a token if no task of its function succeeds.
fn gives_up(record: &Record) -> Option<Time> {
    record.run_at.filter(|_| record.lane == Some(Lane::Paying)).map(|at| at + record.patience())
}

/// The identifier and the values of [`CHANGING`] and [`FIXED`].
pub(super) fn all(record: &Record) -> Params {
    let redacted =
        (!record.redacted.is_empty()).then(|| serde_json::json!(record.redacted).to_string());
    let mut all = changing(record);
    all.extend([
        boxed(record.name.clone()),
        boxed(record.priority),
        boxed(record.valid_for.map(nanos)),
        boxed(millis(record.created_at)),
        boxed(redacted),
        boxed(record.arguments.clone()),
    ]);
    all
}

/// Reads a task from the identifier, [`CHANGING`] and [`FIXED`].
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let run_at = row.get::<_, Option<_>>(4)?.map(time);
    let reason: Option<String> = row.get(2)?;
    let phase = phase(row.get(1)?).unwrap_or(Phase::Failed);
    let fraction: Option<f64> = row.get(14)?;
    let message: Option<String> = row.get(15)?;
    let redacted: Option<String> = row.get(29)?;
    Ok(Record {
        id: read_id(row)?,
        name: row.get(25)?,
        state: state(phase, reason.as_deref(), run_at),
        priority: row.get(26)?,
        key: row.get(3)?,
        valid_for: row.get::<_, Option<_>>(27)?.map(duration),
        created_at: time(row.get(28)?),
        run_at,
        started_at: row.get::<_, Option<_>>(5)?.map(time),
        ended_at: row.get::<_, Option<_>>(6)?.map(time),
        deadline: row.get::<_, Option<_>>(7)?.map(time),
        attempts: row.get(8)?,
        round: row.get(9)?,
        round_at: row.get::<_, Option<_>>(10)?.map(time),
        limit: row.get(11)?,
        fence: row.get::<_, i64>(12)? as u64,
        worker: row.get(13)?,
        progress: (fraction.is_some() || message.is_some())
            .then_some(Progress { fraction, message }),
        result: row.get(16)?,
        last_error: row.get(17)?,
        last_kind: at(&KINDS, row.get(18)?),
        last_delay: row.get::<_, Option<_>>(19)?.map(duration),
        paced: row.get(20)?,
        lane: at(&Lane::ALL, row.get(21)?),
        paid: row.get::<_, i64>(23)?.try_into().unwrap_or_default(),
        lease_length: duration(row.get(24)?),
        redacted: redacted.and_then(|names| serde_json::from_str(&names).ok()).unwrap_or_default(),
        arguments: row.get(30)?,
    })
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
pub(super) fn attempt_params(task: TaskId, attempt: &TaskAttempt) -> Params {
    vec![
        boxed(id(task)),
        boxed(attempt.fence as i64),
        boxed(attempt.attempt),
        boxed(millis(attempt.started)),
        boxed(attempt.ended.map(millis)),
        boxed(position(&AttemptOutcome::ALL, attempt.outcome)),
        boxed(attempt.kind.map(|kind| position(&KINDS, kind))),
        boxed(attempt.error.clone()),
        boxed(attempt.delay.map(nanos)),
        boxed(attempt.delay_source.map(|source| position(&SOURCES, source))),
        boxed(attempt.worker.clone()),
    ]
}

pub(super) fn outcome(position: i64) -> AttemptOutcome {
    at(&AttemptOutcome::ALL, Some(position)).unwrap_or(AttemptOutcome::Lost)
}

/// Reads an attempt from a row of [`ATTEMPT`].
pub(super) fn attempt(row: &Row<'_>) -> rusqlite::Result<TaskAttempt> {
    Ok(TaskAttempt {
        fence: row.get::<_, i64>(0)? as u64,
        attempt: row.get(1)?,
        started: time(row.get(2)?),
        ended: row.get::<_, Option<_>>(3)?.map(time),
        outcome: outcome(row.get(4)?),
        kind: at(&KINDS, row.get(5)?),
        error: row.get(6)?,
        delay: row.get::<_, Option<_>>(7)?.map(duration),
        delay_source: at(&SOURCES, row.get(8)?),
        worker: row.get(9)?,
    })
}
