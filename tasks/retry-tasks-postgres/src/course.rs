//! The columns that every attempt changes. Most changes are of these alone, and the server has half the work with them.

use retry_tasks::{Lane, Phase, Record, State, TaskId};
use serde::Serialize;

use super::row::{millis, nanos, storable_or_none, whole};

/// A row of `tasks` in these columns.
#[derive(Debug, Serialize)]
pub(crate) struct CourseRow<'a> {
    id: TaskId,
    phase: Phase,
    #[serde(skip_serializing_if = "Option::is_none")]
    run_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    started_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<i64>,
    attempts: i64,
    round: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_at: Option<i64>,
    fence: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    worker: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lane: Option<&'static str>,
    paid: i64,
    lease_length: i64,
}

/// Writes these columns.
pub(crate) const UPDATE_COURSE: &str = "UPDATE @tasks AS t SET (phase, run_at, started_at, attempt_at, ended_at, attempts, round, round_at, fence, worker, \
     result, lane, paid, lease_length) = (r.phase, r.run_at, r.started_at, r.attempt_at, r.ended_at, r.attempts, r.round, \
     r.round_at, r.fence, r.worker, r.result, r.lane, r.paid, r.lease_length) \
     FROM json_to_recordset($1::text::json) AS r (id uuid, phase text, run_at bigint, started_at bigint, attempt_at bigint, \
     ended_at bigint, attempts bigint, round bigint, round_at bigint, fence bigint, worker text, result text, lane text, \
     paid bigint, lease_length bigint) WHERE t.id = r.id";

/// Whether nothing else of a task has changed than the columns of [`CourseRow`].
pub(crate) fn is_course(before: &Record, after: &Record) -> bool {
    let is_plain = |record: &Record| {
        let has_failed = matches!(record.state, State::Failed { .. });
        !has_failed && record.lane != Some(Lane::Paying) && record.trouble.is_none()
    };
    is_plain(before)
        && is_plain(after)
        && before.key == after.key
        && before.deadline == after.deadline
        && before.limit == after.limit
        && before.progress == after.progress
        && before.last_error == after.last_error
        && before.last_kind == after.last_kind
        && before.last_delay == after.last_delay
        && before.paced == after.paced
        && before.misfit_at == after.misfit_at
        && before.failures == after.failures
        && before.lost_key == after.lost_key
        && before.by_hand == after.by_hand
}

impl<'a> From<&'a Record> for CourseRow<'a> {
    fn from(record: &'a Record) -> Self {
        CourseRow {
            id: record.id,
            phase: record.state.phase(),
            run_at: record.run_at.map(millis),
            started_at: record.started_at.map(millis),
            attempt_at: record.attempt_at.map(millis),
            ended_at: record.ended_at.map(millis),
            attempts: record.attempts.into(),
            round: record.round.into(),
            round_at: record.round_at.map(millis),
            fence: whole(record.fence),
            worker: storable_or_none(record.worker.as_deref()),
            result: record.result.as_deref(),
            lane: record.lane.map(Lane::name),
            paid: whole(record.paid),
            lease_length: nanos(record.lease_length),
        }
    }
}

#[cfg(test)]
mod tests {
    use retry_tasks::{NewTask, Time};
    use serde_json::{Value, to_value};

    use super::super::row::TaskRow;
    use super::*;

    fn pending() -> Record {
        let task = NewTask {
            id: None,
            name: "mail::send".into(),
            arguments: "{}".into(),
            redacted: Vec::new(),
            priority: 0,
            delay: std::time::Duration::ZERO,
            deadline: None,
            key: None,
            valid_for: None,
            limit: None,
        };
        Record::new(task, Time::from_millis(1))
    }

    fn complete() -> Record {
        let at = |millis| Some(Time::from_millis(millis));
        let ended = Record {
            run_at: None,
            started_at: at(2),
            attempt_at: at(3),
            ended_at: at(4),
            ..pending()
        };
        let ended = Record { attempts: 2, round: 2, round_at: at(2), fence: 5, ..ended };
        Record { state: State::Complete, lane: None, result: Some("1".into()), ..ended }
    }

    #[test]
    fn these_columns_make_the_row_of_any_change_that_is_one_of_them() {
        let (before, after) = (pending(), complete());
        let after = Record { id: before.id, ..after };
        assert!(is_course(&before, &after) && is_course(&after, &before));
        for (before, after) in [(&before, &after), (&after, &before)] {
            let mut row = to_value(TaskRow::from(before)).expect("JSON");
            let course = to_value(CourseRow::from(after)).expect("JSON");
            let columns = UPDATE_COURSE.split(['(', ')']).nth(1).expect("a list").split(", ");
            for column in columns.map(str::trim) {
                let Value::Object(row) = &mut row else { panic!("a row is an object") };
                row.remove(column);
                row.extend(course.get(column).map(|value| (column.to_owned(), value.clone())));
            }
            assert_eq!(row, to_value(TaskRow::from(after)).expect("JSON"));
        }
    }

    #[test]
    fn a_change_of_any_other_column_is_written_as_a_whole() {
        let (before, text) = (pending(), || Some("x".to_owned()));
        let at = Some(Time::from_millis(9));
        let mut failures = before.failures;
        *failures.of(retry_runtime::Kind::Transient) += 1;
        let reason = retry_tasks::FailReason::Permanent;
        let others = [
            Record { key: text(), ..before.clone() },
            Record { deadline: at, ..before.clone() },
            Record { limit: Some(7), ..before.clone() },
            Record { progress: Some(retry_tasks::Progress::default()), ..before.clone() },
            Record { last_error: text(), ..before.clone() },
            Record { last_kind: Some(retry_runtime::Kind::Transient), ..before.clone() },
            Record { last_delay: Some(std::time::Duration::ZERO), ..before.clone() },
            Record { paced: !before.paced, ..before.clone() },
            Record { misfit_at: at, ..before.clone() },
            Record { failures, ..before.clone() },
            Record { lost_key: text(), ..before.clone() },
            Record { by_hand: 3, ..before.clone() },
            Record { lane: Some(Lane::Paying), ..before.clone() },
            Record { state: State::Failed { reason }, ..before.clone() },
            Record { trouble: text(), ..before.clone() },
        ];
        for other in &others {
            assert!(!is_course(&before, other) && !is_course(other, &before), "{other:?}");
        }
    }
}
