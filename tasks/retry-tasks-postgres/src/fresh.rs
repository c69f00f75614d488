//! The columns that a submission fills. A new task has nothing but its defaults in the others.

use std::sync::LazyLock;
use std::time::Duration;

use retry_tasks::{Lane, Record, State};

use super::columns::{Id, columns, names, unnested};
use super::row::{millis, nanos, storable, storable_or_none};

columns! {
    /// New rows of `tasks`.
    FreshRows of record = &Record {
        id: Id, "uuid" = Id(record.id);
        name: String, "text" = storable(&record.name);
        priority: i32, "integer" = record.priority;
        unique_key: Option<String>, "text" = storable_or_none(record.key.as_deref());
        valid_for: Option<i64>, "bigint" = record.valid_for.map(nanos);
        created_at: i64, "bigint" = millis(record.created_at);
        run_at: Option<i64>, "bigint" = record.run_at.map(millis);
        deadline: Option<i64>, "bigint" = record.deadline.map(millis);
        max: Option<i64>, "bigint" = record.limit.map(i64::from);
        lane: Option<&'static str>, "text" = record.lane.map(Lane::name);
        arguments: String, "text" = record.arguments.clone();
    }
}

/// Inserts new tasks.
pub(crate) static INSERT_FRESH: LazyLock<String> = LazyLock::new(|| {
    let columns = FreshRows::COLUMNS;
    format!(
        "INSERT INTO @tasks ({}, phase, attempts, round, fence, paced, paid, lease_length, failures, by_hand, redacted) \
         SELECT r.*, 'pending', 0, 0, 0, false, 0, 0, '{{}}', 0, '{{}}' FROM {}",
        names(columns, ""),
        unnested(columns)
    )
});

/// Whether all other columns of a task have their defaults.
pub(crate) fn is_fresh(record: &Record) -> bool {
    record.state == State::Pending
        && record.lane != Some(Lane::Paying)
        && record.redacted.is_empty()
        && (record.attempts, record.round, record.fence) == (0, 0, 0)
        && (record.paid, record.by_hand, record.paced) == (0, 0, false)
        && record.lease_length == Duration::ZERO
        && record.failures == retry_runtime::Failures::default()
        && [record.started_at, record.attempt_at, record.ended_at, record.round_at]
            .iter()
            .all(Option::is_none)
        && record.misfit_at.is_none()
        && [&record.worker, &record.result, &record.last_error, &record.lost_key, &record.trouble]
            .iter()
            .all(|text| text.is_none())
        && record.progress.is_none()
        && record.last_kind.is_none()
        && record.last_delay.is_none()
}

#[cfg(test)]
mod tests {
    use retry_tasks::{NewTask, Time};
    use serde_json::{Value, to_value};

    use super::super::row::TaskRow;
    use super::*;

    fn new() -> Record {
        let task = NewTask {
            name: "mail::send".into(),
            arguments: "{\"to\":1}".into(),
            priority: 3,
            delay: Duration::from_secs(1),
            deadline: Some(Duration::from_secs(60)),
            key: Some("k".into()),
            valid_for: Some(Duration::from_secs(5)),
            limit: Some(4),
            ..NewTask::default()
        };
        Record::new(task, Time::from_millis(7))
    }

    #[test]
    fn the_columns_of_a_new_task_and_the_defaults_of_the_others_make_its_row() {
        let record = new();
        assert!(is_fresh(&record));
        let mut rows = FreshRows::default();
        rows.push(&record);
        let mut row = rows.first();
        let defaults = serde_json::json!({
            "phase": "pending", "attempts": 0, "round": 0, "fence": 0, "paced": false, "paid": 0, "lease_length": 0,
            "failures": [], "by_hand": 0, "redacted": [],
        });
        let Value::Object(defaults) = defaults else { panic!("an object") };
        row.extend(defaults);
        assert_eq!(Value::Object(row), to_value(TaskRow::from(&record)).expect("JSON"));
    }

    #[test]
    fn a_task_with_anything_else_is_inserted_as_a_whole() {
        let (record, text) = (new(), || Some("x".to_owned()));
        let at = Some(Time::from_millis(9));
        let mut failures = record.failures;
        *failures.of(retry_runtime::Kind::Transient) += 1;
        let others = [
            Record { state: State::Running, ..record.clone() },
            Record { redacted: vec!["to".into()], ..record.clone() },
            Record { attempts: 1, ..record.clone() },
            Record { round: 1, ..record.clone() },
            Record { fence: 1, ..record.clone() },
            Record { paid: 1, ..record.clone() },
            Record { by_hand: 1, ..record.clone() },
            Record { paced: true, ..record.clone() },
            Record { lane: Some(Lane::Paying), ..record.clone() },
            Record { lease_length: Duration::from_secs(1), ..record.clone() },
            Record { failures, ..record.clone() },
            Record { started_at: at, ..record.clone() },
            Record { attempt_at: at, ..record.clone() },
            Record { ended_at: at, ..record.clone() },
            Record { round_at: at, ..record.clone() },
            Record { misfit_at: at, ..record.clone() },
            Record { worker: text(), ..record.clone() },
            Record { result: text(), ..record.clone() },
            Record { last_error: text(), ..record.clone() },
            Record { lost_key: text(), ..record.clone() },
            Record { trouble: text(), ..record.clone() },
            Record { progress: Some(retry_tasks::Progress::default()), ..record.clone() },
            Record { last_kind: Some(retry_runtime::Kind::Transient), ..record.clone() },
            Record { last_delay: Some(Duration::ZERO), ..record.clone() },
        ];
        for other in &others {
            assert!(!is_fresh(other), "{other:?}");
        }
    }
}
