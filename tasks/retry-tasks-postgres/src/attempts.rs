//! The rows of attempts that have ended.

use std::sync::LazyLock;

use retry_runtime::{DelaySource, Kind};
use retry_tasks::{AttemptOutcome, TaskAttempt, TaskId};
use serde::Deserialize;

use super::columns::{Id, columns, names, unnested};
use super::row::{
    duration, millis, nanos, natural, small, storable, storable_or_none, time, whole,
};

columns! {
    /// New or changed rows of `attempts`.
    AttemptRows of (task, attempt) = (TaskId, &TaskAttempt) {
        task: Id, "uuid" = Id(task);
        fence: i64, "bigint" = whole(attempt.fence);
        number: i64, "bigint" = attempt.attempt.into();
        started: i64, "bigint" = millis(attempt.started);
        ended: Option<i64>, "bigint" = attempt.ended.map(millis);
        outcome: &'static str, "text" = attempt.outcome.name();
        kind: Option<&'static str>, "text" = attempt.kind.map(Kind::name);
        error: Option<String>, "text" = storable_or_none(attempt.error.as_deref());
        delay: Option<i64>, "bigint" = attempt.delay.map(nanos);
        source: Option<&'static str>, "text" = attempt.delay_source.map(DelaySource::name);
        worker: String, "text" = storable(&attempt.worker);
    }
}

pub(crate) static PUT_ATTEMPTS: LazyLock<String> = LazyLock::new(|| {
    let columns = AttemptRows::COLUMNS;
    format!(
        "INSERT INTO @attempts ({}) SELECT * FROM {} ON CONFLICT (task, fence) DO UPDATE SET ended = excluded.ended, \
         outcome = excluded.outcome, kind = excluded.kind, error = excluded.error, delay = excluded.delay, \
         source = excluded.source",
        names(columns, ""),
        unnested(columns)
    )
});

/// A row of `attempts`, as JSON.
#[derive(Debug, Deserialize)]
pub(crate) struct AttemptRow {
    task: TaskId,
    fence: i64,
    number: i64,
    started: i64,
    ended: Option<i64>,
    outcome: AttemptOutcome,
    kind: Option<Kind>,
    error: Option<String>,
    delay: Option<i64>,
    source: Option<DelaySource>,
    worker: String,
}

impl AttemptRow {
    /// The task and its attempt.
    pub(crate) fn into_attempt(self) -> (TaskId, TaskAttempt) {
        let attempt = TaskAttempt {
            attempt: small(self.number),
            fence: natural(self.fence),
            started: time(self.started),
            ended: self.ended.map(time),
            outcome: self.outcome,
            kind: self.kind,
            error: self.error,
            delay: self.delay.map(duration),
            delay_source: self.source,
            worker: self.worker,
        };
        (self.task, attempt)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use retry_tasks::Time;

    use super::*;

    #[test]
    fn an_attempt_is_read_as_it_was_written() {
        let id = TaskId::unique();
        let attempt = TaskAttempt {
            attempt: 3,
            fence: 8,
            started: Time::from_millis(1),
            ended: Some(Time::from_millis(2)),
            outcome: AttemptOutcome::Failed,
            kind: Some(Kind::Throttled),
            error: Some("a\0b".into()),
            delay: Some(Duration::from_nanos(1_500_000_001)),
            delay_source: Some(DelaySource::Hint),
            worker: "host pid 1".into(),
        };
        let mut rows = AttemptRows::default();
        rows.push((id, &attempt));
        let row: AttemptRow =
            serde_json::from_value(rows.first().into()).expect("the columns of a row");
        // The database has no character 0.
        let read = TaskAttempt { error: Some("a\u{2400}b".into()), ..attempt };
        assert_eq!(row.into_attempt(), (id, read));
    }
}
