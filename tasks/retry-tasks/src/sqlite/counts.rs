//! Counts and sums over many rows.

use std::collections::BTreeMap;

use rusqlite::params;

use super::{row, transaction::Rows};
use crate::base::time::Time;
use crate::record::state::Phase;
use crate::store::{analytics::Sums, counts::Counts, error::Result};

/// Counts the tasks of each function. Reads one index of all tasks, and of the open ones those that are due.
pub(super) fn counts(rows: &Rows, now: Time) -> Result<BTreeMap<String, Counts>> {
    let mut all = BTreeMap::<String, Counts>::new();
    let statement =
        "SELECT phase, name, count(*) FROM tasks INDEXED BY tasks_listed GROUP BY phase, name";
    let by_phase = rows.rows(statement, [], |row| {
        Ok((row::number_at(row, 0)?, row::text(row, 1)?, row::number_at(row, 2)?))
    })?;
    for (number, name, count) in by_phase {
        // A row that cannot be read is shown as failed.
        let phase = row::phase(number).unwrap_or(Phase::Failed);
        *all.entry(name).or_default().of_mut(phase) += count as u64;
    }
    for (index, lane) in [("tasks_ready", 0), ("tasks_later", 1), ("tasks_paying", 2)] {
        let statement = format!(
            "SELECT name, count(*), min(run_at) FROM tasks INDEXED BY {index} \
             WHERE lane = {lane} AND run_at <= ?1 GROUP BY name"
        );
        let due = rows.rows(&statement, params![row::millis(now)], |row| {
            Ok((row::text(row, 0)?, row::number_at(row, 1)? as u64, row::number_at(row, 2)?))
        })?;
        for (name, count, oldest) in due {
            let counts = all.entry(name).or_default();
            *(if lane == 2 { &mut counts.held_back } else { &mut counts.due }) += count;
            counts.oldest_due = counts.oldest_due.into_iter().chain([row::time(oldest)]).min();
        }
    }
    Ok(all)
}

pub(super) fn pending_retries(rows: &Rows, name: &str, now: Time) -> Result<u64> {
    let statement = "SELECT count(*) FROM tasks INDEXED BY tasks_paying \
                     WHERE name = ?1 AND lane = 2 AND run_at <= ?2 AND phase = 0";
    let count =
        rows.first(statement, params![name, row::millis(now)], |row| row::number_at(row, 0))?;
    Ok(count.unwrap_or_default() as u64)
}

pub(super) fn sums(rows: &Rows, name: Option<&str>) -> Result<Sums> {
    // The phases 3, 4 and 5 are those of ended tasks.
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
    let (ended, pending, active) = tasks.unwrap_or_default();
    Ok(Sums {
        ended: ended as u64,
        pending: pending as u64,
        running: running.unwrap_or_default() as u64,
        active: active as u64,
    })
}
