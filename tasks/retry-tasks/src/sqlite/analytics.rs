//! The evaluation of tasks and attempts, in parts that take milliseconds each.

use rusqlite::{Row, params};

use super::{row, transaction::Rows};
use crate::record::id::TaskId;
use crate::store::{analytics::Analytics, analytics::Part, analytics::Sums, error::Result};

/// The number of tasks in one part.
const PART: i64 = 10_000;

/// Evaluates all tasks of this function, or of all functions.
pub(super) fn all(rows: &Rows, name: Option<&str>) -> Result<Analytics> {
    let (mut counts, mut sums, mut after) = (Vec::new(), Sums::default(), None);
    loop {
        let part = part(rows, name, after)?;
        counts.extend(part.counts);
        sums.add(part.sums);
        after = part.next;
        if after.is_none() {
            return Ok(Analytics::new(counts, sums));
        }
    }
}

/// Evaluates the tasks of this function, or of all functions, among the next ones after this task.
pub(super) fn part(rows: &Rows, name: Option<&str>, after: Option<TaskId>) -> Result<Part> {
    let first = row::id(after.unwrap_or(TaskId::from_u128(0)));
    let boundary = "SELECT id FROM tasks WHERE id > ?1 ORDER BY id LIMIT 1 OFFSET ?2";
    let next = rows.first(boundary, params![first, PART - 1], row::read_id)?;
    let last = row::id(next.unwrap_or(TaskId::from_u128(u128::MAX)));
    // The tasks of one function are found by the index, a part of all tasks in the table.
    let of_tasks = match name {
        Some(_) => {
            "tasks INDEXED BY tasks_listed WHERE phase IN (0, 1, 2, 3, 4, 5) AND name = ?3 AND id > ?1 AND id <= ?2"
        }
        None => "tasks WHERE id > ?1 AND id <= ?2 AND ?3 IS NULL",
    };
    let counts = format!(
        "SELECT number, outcome, count(*) FROM attempts WHERE task IN (SELECT id FROM {of_tasks}) GROUP BY number, outcome"
    );
    let counts = rows.rows(&counts, params![first, last, name], |row| {
        let number = row::number_at(row, 0)?.try_into().unwrap_or_default();
        Ok((number, row::outcome(row::number_at(row, 1)?), row::number_at(row, 2)? as u64))
    })?;
    let ended = format!("{of_tasks} AND ended_at IS NOT NULL AND started_at IS NOT NULL");
    let of_tasks = format!(
        "SELECT count(*), total(started_at - created_at), total(ended_at - started_at) FROM {ended}"
    );
    let of_attempts = format!(
        "SELECT total(attempts.ended - attempts.started) FROM attempts WHERE task IN (SELECT id FROM {ended})"
    );
    let total = |row: &Row<'_>, column| row.get::<_, f64>(column).map(|total| total as u64);
    let tasks = rows.first(&of_tasks, params![first, last, name], |row| {
        Ok((row::number_at(row, 0)? as u64, total(row, 1)?, total(row, 2)?))
    })?;
    let running = rows.first(&of_attempts, params![first, last, name], |row| total(row, 0))?;
    let (ended, pending, active) = tasks.unwrap_or_default();
    let sums = Sums { ended, pending, running: running.unwrap_or_default(), active };
    Ok(Part { counts, sums, next })
}
