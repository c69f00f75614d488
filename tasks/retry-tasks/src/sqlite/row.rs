//! The conversion between records and rows.

use std::time::Duration;

use retry_runtime::{DelaySource, Kind};
use rusqlite::{Row, ToSql};

use crate::base::time::Time;
use crate::record::{
    Progress, Record, attempt::AttemptOutcome, attempt::TaskAttempt, id::TaskId,
    reason::FailReason, state::Phase, state::State,
};

const KINDS: [Kind; 5] =
    [Kind::Transient, Kind::Throttled, Kind::Ambiguous, Kind::Overloaded, Kind::Permanent];

const SOURCES: [DelaySource; 2] = [DelaySource::Backoff, DelaySource::Hint];

/// The columns of a task, in the order of [`record`].
pub(super) const COLUMNS: &str = "id, name, phase, reason, priority, unique_key, valid_for, created_at, \
    run_at, started_at, ended_at, deadline, attempts, round, round_at, max, fence, worker, fraction, \
    message, result, last_error, last_kind, last_delay, paced, redacted, arguments";

/// The columns that may change, with the numbers of their parameters in [`changing`].
pub(super) const CHANGING: &str = "phase = ?2, reason = ?3, unique_key = ?4, run_at = ?5, started_at = ?6, \
    ended_at = ?7, deadline = ?8, attempts = ?9, round = ?10, round_at = ?11, max = ?12, fence = ?13, \
    worker = ?14, fraction = ?15, message = ?16, result = ?17, last_error = ?18, last_kind = ?19, \
    last_delay = ?20, paced = ?21";

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

fn duration(nanos: i64) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or_default())
}

/// Boxes the value of a column.
fn boxed(value: impl ToSql + 'static) -> Box<dyn ToSql> {
    Box::new(value)
}

/// The parameters for [`CHANGING`], after the identifier.
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
    ]
}

/// The parameters for all columns, in the order of [`COLUMNS`].
pub(super) fn all(record: &Record) -> Params {
    let redacted =
        (!record.redacted.is_empty()).then(|| serde_json::json!(record.redacted).to_string());
    let mut changing = changing(record).into_iter();
    let mut next = |count: usize| changing.by_ref().take(count).collect::<Params>();
    let mut all = next(1);
    all.push(boxed(record.name.clone()));
    all.extend(next(2));
    all.push(boxed(record.priority));
    all.extend(next(1));
    all.push(boxed(record.valid_for.map(nanos)));
    all.push(boxed(millis(record.created_at)));
    all.extend(next(17));
    all.push(boxed(redacted));
    all.push(boxed(record.arguments.clone()));
    all
}

/// Reads a task from a row of [`COLUMNS`].
pub(super) fn record(row: &Row<'_>) -> rusqlite::Result<Record> {
    let run_at = row.get::<_, Option<_>>(8)?.map(time);
    let reason: Option<String> = row.get(3)?;
    let phase = phase(row.get(2)?).unwrap_or(Phase::Failed);
    let fraction: Option<f64> = row.get(18)?;
    let message: Option<String> = row.get(19)?;
    let redacted: Option<String> = row.get(25)?;
    Ok(Record {
        id: read_id(row)?,
        name: row.get(1)?,
        state: state(phase, reason.as_deref(), run_at),
        priority: row.get(4)?,
        key: row.get(5)?,
        valid_for: row.get::<_, Option<_>>(6)?.map(duration),
        created_at: time(row.get(7)?),
        run_at,
        started_at: row.get::<_, Option<_>>(9)?.map(time),
        ended_at: row.get::<_, Option<_>>(10)?.map(time),
        deadline: row.get::<_, Option<_>>(11)?.map(time),
        attempts: row.get(12)?,
        round: row.get(13)?,
        round_at: row.get::<_, Option<_>>(14)?.map(time),
        limit: row.get(15)?,
        fence: row.get::<_, i64>(16)? as u64,
        worker: row.get(17)?,
        progress: (fraction.is_some() || message.is_some())
            .then_some(Progress { fraction, message }),
        result: row.get(20)?,
        last_error: row.get(21)?,
        last_kind: at(&KINDS, row.get(22)?),
        last_delay: row.get::<_, Option<_>>(23)?.map(duration),
        paced: row.get(24)?,
        redacted: redacted.and_then(|names| serde_json::from_str(&names).ok()).unwrap_or_default(),
        arguments: row.get(26)?,
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
