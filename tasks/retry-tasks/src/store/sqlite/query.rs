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

/// Each function in each phase by its index, then together: however many tasks there are, a page costs as many
/// pages as there are functions and phases that are asked for, and what newer tasks the filter leaves out.
pub(super) fn list(rows: &mut Rows, filter: &Filter) -> Result<Page<Record>> {
    let limit = filter.limit.clamp(1, i64::MAX as usize - 1);
    let after = filter.after.unwrap_or(TaskId::from_u128(u128::MAX));
    let (since, until) = (filter.since.map_or(0, row::millis), filter.until.map(row::millis));
    let mut found: Vec<Record> = Vec::new();
    let statement = format!(
        "SELECT {} FROM tasks INDEXED BY tasks_listed WHERE phase = ?1 AND name = ?2 AND id < ?3 \
         AND created_at >= ?4 AND (?5 IS NULL OR created_at < ?5) ORDER BY id DESC LIMIT ?6",
        row::COLUMNS
    );
    let phases = if filter.phases.is_empty() { &Phase::ALL[..] } else { &filter.phases };
    for phase in phases {
        for name in names(rows, *phase, filter.name.as_deref())? {
            let (phase, after) = (row::number(*phase), row::id(after));
            let params = params![phase, name, after, since, until, limit as i64 + 1];
            found.extend(rows.rows(&statement, params, row::record)?);
        }
    }
    found.sort_by_key(|record| std::cmp::Reverse(record.id));
    found.dedup_by_key(|record| record.id);
    Ok(Page::cut(found, limit, |record| record.id))
}

/// The names that tasks in this phase have and a filter admits. Each costs one step down the index, however
/// many tasks there are.
fn names(rows: &mut Rows, phase: Phase, wanted: Option<&str>) -> Result<Vec<String>> {
    let (mut from, prefix) = match wanted {
        None => (String::new(), ""),
        Some(name) => match name.strip_suffix('*') {
            Some(prefix) => (prefix.to_owned(), prefix),
            None => return Ok(vec![name.to_owned()]),
        },
    };
    let statement =
        "SELECT min(name) FROM tasks INDEXED BY tasks_listed WHERE phase = ?1 AND name >= ?2";
    let mut names = Vec::new();
    loop {
        let params = params![row::number(phase), from];
        let next = rows.first(statement, params, |row| row.get::<_, Option<String>>(0))?;
        let Some(name) = next.flatten().filter(|name| name.starts_with(prefix)) else {
            return Ok(names);
        };
        // The least text that is greater.
        from = format!("{name}\u{0}");
        names.push(name);
    }
}

pub(super) fn analytics(rows: &mut Rows, name: Option<&str>) -> Result<Analytics> {
    let statement = match name {
        None => {
            "SELECT number, outcome, count(*) FROM attempts WHERE ?1 IS NULL \
             GROUP BY number, outcome ORDER BY number"
        }
        Some(_) => {
            "SELECT number, outcome, count(*) FROM tasks INDEXED BY tasks_listed \
             JOIN attempts ON attempts.task = tasks.id WHERE phase IN (0, 1, 2, 3, 4, 5) AND name = ?1 \
             GROUP BY number, outcome ORDER BY number"
        }
    };
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
    // The last three phases are those of tasks that have ended.
    let ended = match name {
        None => "tasks WHERE ended_at IS NOT NULL AND started_at IS NOT NULL AND ?1 IS NULL",
        Some(_) => {
            "tasks INDEXED BY tasks_listed WHERE phase IN (3, 4, 5) AND name = ?1 AND started_at IS NOT NULL"
        }
    };
    let of_tasks = format!(
        "SELECT count(*), total(started_at - created_at), total(ended_at - started_at) FROM {ended}"
    );
    let of_attempts = format!(
        "SELECT total(attempts.ended - attempts.started) FROM attempts WHERE task IN (SELECT id FROM {ended})"
    );
    let tasks = rows.first(&of_tasks, params![name], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, f64>(1)?, row.get::<_, f64>(2)?))
    })?;
    let running = rows.first(&of_attempts, params![name], |row| row.get::<_, f64>(0))?;
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
