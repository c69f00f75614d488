//! The lanes of open tasks. A claim locks the tasks that it finds and passes over those that others have locked, so that
//! two processes never wait for each other's tasks.

use std::time::Duration;

use retry_tasks::rows::{Due, Held};
use retry_tasks::{Lane, Lease, Record, TaskId, Time};
use tokio_postgres::Row;

use super::connect::Param;
use super::row::{millis, natural, storable, time};
use super::table::{Result, Rows, record, select};

macro_rules! ready {
    ($locks:literal) => {
        select!("WHERE name = $1 AND lane = 'ready' AND run_at <= $2 ORDER BY priority DESC, run_at, id LIMIT $3" $locks)
    };
}

macro_rules! in_time {
    ($locks:literal) => {
        select!("WHERE name = $1 AND lane = $4 AND run_at <= $2 ORDER BY run_at, id LIMIT $3" $locks)
    };
}

macro_rules! impatient {
    ($locks:literal) => {
        select!("WHERE name = $1 AND lane = 'paying' AND gives_up <= $2 AND gives_up - run_at <= $4 ORDER BY gives_up LIMIT $3" $locks)
    };
}

fn due_of(record: &Record) -> Due {
    let run_at = record.run_at.unwrap_or_default();
    Due { id: record.id, priority: record.priority, run_at }
}

/// Notes the rows and returns what a claim needs of them.
fn found(rows: &mut Rows, found: &[Row]) -> Vec<Due> {
    let mut due = Vec::with_capacity(found.len());
    for row in found {
        let record = record(row);
        due.push(due_of(&record));
        rows.overlay.found(record);
    }
    due
}

pub(crate) fn due(
    rows: &mut Rows,
    name: &str,
    lane: Lane,
    now: Time,
    limit: usize,
) -> Result<Vec<Due>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut params: Vec<Param> =
        vec![Box::new(storable(name)), Box::new(millis(now)), Box::new(limit)];
    let sql = if lane == Lane::Ready {
        rows.either(ready!(""), ready!(" FOR UPDATE SKIP LOCKED"))
    } else {
        params.push(Box::new(lane.name()));
        rows.either(in_time!(""), in_time!(" FOR UPDATE SKIP LOCKED"))
    };
    let answer = rows.ask(sql, params)?;
    let due = found(rows, &answer);
    if lane == Lane::Ready && !rows.is_reader {
        due.iter().for_each(|due| rows.overlay.offer(due.id));
    }
    Ok(due)
}

pub(crate) fn impatient(
    rows: &mut Rows,
    name: &str,
    now: Time,
    quiet: Duration,
    limit: usize,
) -> Result<Vec<Due>> {
    let sql = rows.either(impatient!(""), impatient!(" FOR UPDATE SKIP LOCKED"));
    let quiet = i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX);
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let answer = rows.ask(
        sql,
        vec![Box::new(storable(name)), Box::new(millis(now)), Box::new(limit), Box::new(quiet)],
    )?;
    Ok(found(rows, &answer))
}

pub(crate) fn leases(rows: &mut Rows) -> Result<Vec<Held>> {
    let sql =
        "SELECT id::text, fence, name, run_at, lease_length FROM @tasks WHERE phase = 'running'";
    let held = rows.ask(sql, Vec::new())?;
    let read = held.iter().filter_map(|row| {
        let id: TaskId = row.get::<_, &str>(0).parse().ok()?;
        Some(Held {
            lease: Lease { id, fence: natural(row.get(1)) },
            name: row.get(2),
            until: time(row.get::<_, Option<i64>>(3).unwrap_or_default()),
            length: Duration::from_nanos(natural(row.get(4))),
        })
    });
    Ok(read.collect())
}
