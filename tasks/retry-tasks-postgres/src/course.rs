//! The columns that every attempt changes. Most changes are of these alone, and the server has half the work with them.

use std::sync::LazyLock;

use retry_tasks::{Lane, Record, State};

use super::columns::{Id, Version, columns, names, unnested};
use super::overlay::checked;
use super::row::{millis, nanos, storable_or_none, whole};

columns! {
    /// Changed rows of `tasks` in these columns. `seen` is the version of a row that is remembered, `NULL` for one that is locked.
    CourseRows of (record, seen) = (&Record, Option<Version>) {
        id: Id, "uuid" = Id(record.id);
        seen: Option<Version>, "xid" = seen;
        phase: &'static str, "text" = record.state.phase().name();
        run_at: Option<i64>, "bigint" = record.run_at.map(millis);
        started_at: Option<i64>, "bigint" = record.started_at.map(millis);
        attempt_at: Option<i64>, "bigint" = record.attempt_at.map(millis);
        ended_at: Option<i64>, "bigint" = record.ended_at.map(millis);
        attempts: i64, "bigint" = record.attempts.into();
        round: i64, "bigint" = record.round.into();
        round_at: Option<i64>, "bigint" = record.round_at.map(millis);
        fence: i64, "bigint" = whole(record.fence);
        worker: Option<String>, "text" = storable_or_none(record.worker.as_deref());
        result: Option<String>, "text" = record.result.clone();
        lane: Option<&'static str>, "text" = record.lane.map(Lane::name);
        paid: i64, "bigint" = whole(record.paid);
        lease_length: i64, "bigint" = nanos(record.lease_length);
    }
}

/// Writes these columns.
pub(crate) static UPDATE_COURSE: LazyLock<String> = LazyLock::new(|| {
    // All but `id` and `seen`.
    let written = &CourseRows::COLUMNS[2..];
    let (names, values) = (names(written, ""), names(written, "r."));
    let rows = unnested(CourseRows::COLUMNS);
    checked(&format!("UPDATE @tasks AS t SET ({names}) = ({values}) FROM {rows}"), "$2")
});

/// Whether nothing else of a task has changed than the columns of [`CourseRows`].
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

#[cfg(test)]
mod tests {
    use retry_tasks::{NewTask, Time};
    use serde_json::{Value, to_value};

    use super::super::row::TaskRow;
    use super::*;

    fn pending() -> Record {
        let task =
            NewTask { name: "mail::send".into(), arguments: "{}".into(), ..NewTask::default() };
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
            let mut course = CourseRows::default();
            course.push((after, None));
            let Value::Object(columns) = &mut row else { panic!("a row is an object") };
            columns.extend(course.first());
            columns.retain(|name, value| name != "seen" && !value.is_null());
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
