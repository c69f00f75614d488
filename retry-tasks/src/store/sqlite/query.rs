//! Questions that take more than one statement.

use rusqlite::params;

use super::file::Rows;
use super::row;
use crate::analytics::{Analytics, ByAttempt, Sums};
use crate::list::{Filter, Page};
use crate::record::{AttemptOutcome, Record};
use crate::store::Due;
use crate::{Phase, StoreError, TaskId, Time};

type Result<T> = std::result::Result<T, StoreError>;

pub(super) fn id(row: &rusqlite::Row<'_>) -> rusqlite::Result<TaskId> {
    Ok(TaskId::from_u128(u128::from_be_bytes(row.get(0)?)))
}

/// The priorities that a function's open tasks have, the greatest first. Each costs one step down the index,
/// however many tasks there are.
fn priorities(rows: &mut Rows, name: &str) -> Result<Vec<i32>> {
    let statement = "SELECT max(priority) FROM tasks \
                     WHERE name = ?1 AND priority < ?2 AND run_at IS NOT NULL";
    let (mut found, mut below) = (Vec::new(), i64::from(i32::MAX) + 1);
    while let Some(Some(priority)) =
        rows.first(statement, params![name, below], |row| row.get::<_, Option<i32>>(0))?
    {
        found.push(priority);
        below = i64::from(priority);
    }
    Ok(found)
}

pub(super) fn due(rows: &mut Rows, name: &str, now: Time, limit: usize) -> Result<Vec<Due>> {
    let statement = "SELECT id, run_at FROM tasks INDEXED BY tasks_due \
                     WHERE name = ?1 AND priority = ?2 AND run_at <= ?3 ORDER BY run_at LIMIT ?4";
    let mut due = Vec::new();
    for priority in priorities(rows, name)? {
        if due.len() >= limit {
            break;
        }
        let left = (limit - due.len()) as i64;
        due.extend(rows.rows(
            statement,
            params![name, priority, row::millis(now), left],
            |row| {
                let run_at = Time::from_millis(row.get::<_, i64>(1)? as u64);
                Ok(Due { id: id(row)?, priority, run_at })
            },
        )?);
    }
    Ok(due)
}

pub(super) fn next_due(rows: &mut Rows, name: &str) -> Result<Option<Time>> {
    let statement = "SELECT min(run_at) FROM tasks \
                     WHERE name = ?1 AND priority = ?2 AND run_at IS NOT NULL";
    let mut next = None;
    for priority in priorities(rows, name)? {
        let due =
            rows.first(statement, params![name, priority], |row| row.get::<_, Option<i64>>(0))?;
        if let Some(due) = due.flatten() {
            next = Some(next.map_or(due, |next: i64| next.min(due)));
        }
    }
    Ok(next.map(|millis| Time::from_millis(millis as u64)))
}

/// Each phase by its index, then together: however many tasks there are, a page costs a page, and what newer
/// tasks the filter leaves out.
pub(super) fn list(rows: &mut Rows, filter: &Filter) -> Result<Page<Record>> {
    let limit = filter.limit.clamp(1, i64::MAX as usize - 1);
    let after = filter.after.unwrap_or(TaskId::from_u128(u128::MAX));
    let (first, last) = names(filter.name.as_deref());
    let (since, until) = (filter.since.map_or(0, row::millis), filter.until.map(row::millis));
    let mut found: Vec<Record> = Vec::new();
    let statement = format!(
        "SELECT {} FROM tasks INDEXED BY tasks_phase WHERE phase = ?1 AND id < ?2 AND name >= ?3 \
         AND (?4 IS NULL OR name < ?4) AND created_at >= ?5 AND (?6 IS NULL OR created_at < ?6) \
         ORDER BY id DESC LIMIT ?7",
        row::COLUMNS
    );
    let phases = if filter.phases.is_empty() { &Phase::ALL[..] } else { &filter.phases };
    for phase in phases {
        let (phase, after) = (row::number(*phase), row::id(after));
        let params = params![phase, after, first, last, since, until, limit as i64 + 1];
        found.extend(rows.rows(&statement, params, row::record)?);
    }
    found.sort_by_key(|record| std::cmp::Reverse(record.id));
    found.dedup_by_key(|record| record.id);
    Ok(Page::cut(found, limit, |record| record.id))
}

/// The names from the first to before the last that a filter admits.
fn names(name: Option<&str>) -> (String, Option<String>) {
    match name {
        None => (String::new(), None),
        Some(name) => match name.strip_suffix('*') {
            // No text of UTF-8 has the greatest character next to it.
            Some(prefix) => (prefix.to_owned(), Some(format!("{prefix}\u{10ffff}"))),
            None => (name.to_owned(), Some(format!("{name}\u{0}"))),
        },
    }
}

pub(super) fn analytics(rows: &mut Rows, name: Option<&str>) -> Result<Analytics> {
    let statement = "SELECT number, outcome, count(*) FROM attempts \
                     WHERE ?1 IS NULL OR task IN (SELECT id FROM tasks WHERE name = ?1) \
                     GROUP BY number, outcome ORDER BY number";
    let counts = rows.rows(statement, params![name], |row| {
        Ok((row.get::<_, u32>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    })?;
    let mut by_attempt: Vec<ByAttempt> = Vec::new();
    for (attempt, outcome, count) in counts {
        if by_attempt.last().is_none_or(|last| last.attempt != attempt) {
            by_attempt.push(ByAttempt { attempt, ..ByAttempt::default() });
        }
        let Some(by) = by_attempt.last_mut() else { continue };
        match AttemptOutcome::ALL.get(outcome as usize) {
            Some(AttemptOutcome::Succeeded) => by.succeeded = count as u64,
            Some(AttemptOutcome::Failed) => by.failed = count as u64,
            Some(AttemptOutcome::Lost) => by.lost = count as u64,
            _ => {}
        }
    }
    Ok(Analytics::new(by_attempt, sums(rows, name)?))
}

fn sums(rows: &mut Rows, name: Option<&str>) -> Result<Sums> {
    let of_tasks = "SELECT count(*), total(started_at - created_at), total(ended_at - started_at) FROM tasks \
                    WHERE ended_at IS NOT NULL AND started_at IS NOT NULL AND (?1 IS NULL OR name = ?1)";
    let of_attempts = "SELECT total(attempts.ended - attempts.started) FROM attempts JOIN tasks ON tasks.id = task \
                       WHERE tasks.ended_at IS NOT NULL AND (?1 IS NULL OR name = ?1)";
    let tasks = rows.first(of_tasks, params![name], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?, row.get::<_, f64>(2)?))
    })?;
    let running = rows.first(of_attempts, params![name], |row| row.get::<_, f64>(0))?;
    let (ended, pending, in_work) = tasks.unwrap_or_default();
    Ok(Sums {
        ended: ended as u64,
        pending: pending as u64,
        running: running.unwrap_or_default() as u64,
        in_work: in_work as u64,
    })
}

pub(super) fn prune(
    rows: &mut Rows,
    before: Option<Time>,
    keep: Option<u64>,
    chunk: usize,
) -> Result<usize> {
    let excess = match keep {
        None => 0,
        Some(keep) => {
            let count = "SELECT count(*) FROM tasks WHERE ended_at IS NOT NULL";
            let ended = rows.first(count, [], |row| row.get::<_, i64>(0))?.unwrap_or_default();
            (ended as u64).saturating_sub(keep)
        }
    };
    let oldest =
        "SELECT id, ended_at FROM tasks WHERE ended_at IS NOT NULL ORDER BY ended_at LIMIT ?1";
    let oldest =
        rows.rows(oldest, params![chunk as i64], |row| Ok((id(row)?, row.get::<_, i64>(1)?)))?;
    let before = before.map(row::millis);
    let mut removed = 0;
    for (id, ended) in oldest {
        let old = before.is_some_and(|before| ended < before);
        if !old && removed as u64 >= excess {
            break;
        }
        rows.run("DELETE FROM attempts WHERE task = ?1", &[Box::new(row::id(id))])?;
        rows.run("DELETE FROM tasks WHERE id = ?1", &[Box::new(row::id(id))])?;
        removed += 1;
    }
    Ok(removed)
}
