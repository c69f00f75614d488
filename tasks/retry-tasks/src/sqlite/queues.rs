//! The lanes of open tasks, and the buckets that pay for retries.

use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Row, params};

use super::{names, row, transaction::Rows};
use crate::base::time::Time;
use crate::machine::{lease::Lease, pace::Bucket, repair::APART, repair::SLACK};
use crate::record::{id::TaskId, lane::Lane};
use crate::rows::{table::Due, table::Held, table::NextDue};
use crate::store::error::Result;

/// The index of a lane, the condition that it needs, and its order.
const fn index(lane: Lane) -> (&'static str, &'static str, &'static str) {
    match lane {
        Lane::Ready => ("tasks_ready", "lane = 0", "priority DESC, run_at"),
        Lane::Later => ("tasks_later", "lane = 1", "run_at"),
        Lane::Paying => ("tasks_paying", "lane = 2", "run_at"),
        Lane::Leased => ("tasks_listed", "phase = 1", "run_at"),
    }
}

fn read_due(row: &Row<'_>) -> rusqlite::Result<Due> {
    let priority = row::number_at(row, 2)?.try_into().unwrap_or_default();
    Ok(Due { id: row::read_id(row)?, run_at: row::time(row::number_at(row, 1)?), priority })
}

pub(super) fn due(
    rows: &Rows,
    name: &str,
    lane: Lane,
    now: Time,
    limit: usize,
) -> Result<Vec<Due>> {
    let (index, condition, order) = index(lane);
    // A task that is ready was due when it was written, so that no other row has to be read.
    let is_due = if lane == Lane::Ready { "?2 IS NOT NULL" } else { "run_at <= ?2" };
    let statement = format!(
        "SELECT id, run_at, priority FROM tasks INDEXED BY {index} \
         WHERE name = ?1 AND {condition} AND {is_due} AND length(id) = 16 ORDER BY {order} LIMIT ?3"
    );
    rows.rows(&statement, params![name, row::millis(now), row::count(limit)], read_due)
}

pub(super) fn next_due(rows: &Rows, name: &str, lane: Lane) -> Result<Option<Time>> {
    let (index, condition, order) = index(lane);
    let statement = format!(
        "SELECT run_at FROM tasks INDEXED BY {index} \
         WHERE name = ?1 AND {condition} ORDER BY {order} LIMIT 1"
    );
    rows.first(&statement, params![name], |row| Ok(row::time(row::number_at(row, 0)?)))
}

pub(super) fn next_dues(rows: &Rows, name: &str) -> Result<NextDue> {
    let statement = "SELECT (SELECT run_at FROM tasks INDEXED BY tasks_later \
                             WHERE name = ?1 AND lane = 1 ORDER BY run_at LIMIT 1), \
                            (SELECT run_at FROM tasks INDEXED BY tasks_paying \
                             WHERE name = ?1 AND lane = 2 ORDER BY run_at LIMIT 1)";
    let time = |row: &Row<'_>, column| -> rusqlite::Result<Option<Time>> {
        Ok(match row.get_ref(column)? {
            ValueRef::Null => None,
            value => Some(row::time(value.as_i64().unwrap_or_default())),
        })
    };
    let found = rows.first(statement, params![name], |row| {
        Ok(NextDue { later: time(row, 0)?, paying: time(row, 1)? })
    })?;
    Ok(found.unwrap_or_default())
}

pub(super) fn promote(rows: &Rows, name: &str, now: Time, limit: usize) -> Result<usize> {
    let statement = "UPDATE tasks SET lane = 0 WHERE id IN (SELECT id FROM tasks INDEXED BY tasks_later \
                     WHERE name = ?1 AND lane = 1 AND run_at <= ?2 ORDER BY run_at LIMIT ?3)";
    rows.run(statement, params![name, row::millis(now), row::count(limit)])
}

pub(super) fn impatient(
    rows: &Rows,
    name: &str,
    now: Time,
    quiet: Duration,
    limit: usize,
) -> Result<Vec<Due>> {
    let statement = "SELECT id, run_at, priority FROM tasks INDEXED BY tasks_gives_up \
                     WHERE name = ?1 AND lane = 2 AND gives_up <= ?2 AND gives_up - run_at <= ?3 \
                     ORDER BY gives_up LIMIT ?4";
    let quiet = i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX);
    rows.rows(statement, params![name, row::millis(now), quiet, row::count(limit)], read_due)
}

pub(super) fn overdue(rows: &Rows, now: Time, limit: usize) -> Result<Vec<TaskId>> {
    let statement = "SELECT id FROM tasks INDEXED BY tasks_deadline WHERE deadline IS NOT NULL AND lane IS NOT NULL \
                     AND deadline <= ?1 AND lane <> 3 LIMIT ?2";
    rows.rows(statement, params![row::millis(now), row::count(limit)], row::read_id)
}

pub(super) fn far_away(rows: &Rows, name: &str, now: Time, limit: usize) -> Result<Vec<TaskId>> {
    let mut found = Vec::new();
    for lane in [Lane::Later, Lane::Paying] {
        let (index, condition, _) = index(lane);
        let statement = format!(
            "SELECT id FROM tasks INDEXED BY {index} \
             WHERE name = ?1 AND {condition} AND run_at > ?2 ORDER BY run_at DESC LIMIT ?3"
        );
        let far = row::millis(now + SLACK);
        found.extend(rows.rows(&statement, params![name, far, row::count(limit)], row::read_id)?);
    }
    // A task that was ready at once, by a clock that was ahead. Its index is in the order of priorities; the identifiers
    // are in the order of time.
    let later = now + APART;
    let first = TaskId::first_at(later);
    let statement =
        "SELECT id FROM tasks WHERE id > ?1 AND name = ?2 AND lane = 0 AND run_at > ?3 LIMIT ?4";
    let params = params![row::id(first), name, row::millis(later), row::count(limit)];
    found.extend(rows.rows(statement, params, row::read_id)?);
    Ok(found)
}

/// Asks each function for its first tasks, and only for those that are due before the last one that is known. The indexes
/// have all that is read.
pub(super) fn upcoming(rows: &Rows, now: Time, limit: usize) -> Result<Vec<TaskId>> {
    let mut found: Vec<(Time, TaskId)> = Vec::new();
    for name in names::all(rows)? {
        for lane in [Lane::Later, Lane::Paying] {
            let (index, condition, _) = index(lane);
            let statement = format!(
                "SELECT id, run_at FROM tasks INDEXED BY {index} WHERE name = ?1 AND {condition} \
                 AND run_at > ?2 AND run_at <= ?3 AND length(id) = 16 ORDER BY run_at, id LIMIT ?4"
            );
            let last = found.last().filter(|_| found.len() == limit);
            let last = last.map_or(i64::MAX, |(due, _)| row::millis(*due));
            let params = params![name, row::millis(now), last, row::count(limit)];
            found.extend(rows.rows(&statement, params, |row| {
                Ok((row::time(row::number_at(row, 1)?), row::read_id(row)?))
            })?);
            found.sort_unstable();
            found.truncate(limit);
        }
    }
    Ok(found.into_iter().map(|(_, id)| id).collect())
}

pub(super) fn leases(rows: &Rows) -> Result<Vec<Held>> {
    let statement = "SELECT id, fence, name, run_at, lease_length FROM tasks INDEXED BY tasks_listed WHERE phase = 1";
    rows.rows(statement, [], |row| {
        Ok(Held {
            lease: Lease { id: row::read_id(row)?, fence: row::number_at(row, 1)? as u64 },
            name: row::text(row, 2)?,
            until: row::time(row::number_at(row, 3)?),
            length: row::duration(row::number_at(row, 4)?),
        })
    })
}

pub(super) fn bucket(rows: &Rows, name: &str) -> Result<Option<Bucket>> {
    let statement = "SELECT tokens, at, capacity, refill, succeeded FROM buckets WHERE name = ?1";
    let amount = |row: &Row<'_>, column| row::number_at(row, column).map(|it| it.max(0) as u64);
    rows.first(statement, params![name], |row| {
        Ok(Bucket {
            tokens: amount(row, 0)?,
            at: row::time(row::number_at(row, 1)?),
            capacity: amount(row, 2)?,
            refill: amount(row, 3)?,
            succeeded: Some(row::time(row::number_at(row, 4)?)).filter(|at| at.as_millis() > 0),
        })
    })
}

pub(super) fn put_bucket(rows: &Rows, name: &str, bucket: &Bucket) -> Result<()> {
    let statement = "INSERT INTO buckets (name, tokens, at, capacity, refill, succeeded) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
                     ON CONFLICT DO UPDATE SET tokens = ?2, at = ?3, capacity = ?4, refill = ?5, succeeded = ?6";
    let Bucket { tokens, at, capacity, refill, succeeded } = *bucket;
    let (at, succeeded) = (row::millis(at), succeeded.map(row::millis));
    let params = params![name, tokens as i64, at, capacity as i64, refill as i64, succeeded];
    rows.run(statement, params).map(drop)
}
