//! Counts and sums over many rows.

use std::collections::BTreeMap;

use rusqlite::params;

use super::{row, transaction::Rows};
use crate::base::time::Time;
use crate::record::state::Phase;
use crate::store::{counts::Counts, error::Result};

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
