//! The lanes of open tasks. A claim locks the tasks that it finds and passes over those that others have locked, so that
//! two processes never wait for each other's tasks.

use std::time::Duration;

use retry_tasks::rows::{Due, Held, NextDue, Offer, Table};
use retry_tasks::{Lane, Lease, Record, TaskId, Time};
use tokio_postgres::Row;

use super::connect::{Call, Param};
use super::row::{natural, record, time};
use super::rows::{Result, Rows, at, limit, select, text};
use super::table::ids;

macro_rules! ready {
    ($locks:literal) => {
        select!("WHERE name = $1 AND lane = 'ready' AND run_at <= $2 ORDER BY t.priority DESC, t.run_at, t.id LIMIT $3" $locks)
    };
}

macro_rules! in_time {
    ($lane:literal, $locks:literal) => {
        select!("WHERE name = $1 AND lane = '" $lane "' AND run_at <= $2 ORDER BY t.run_at, t.id LIMIT $3" $locks)
    };
}

macro_rules! impatient {
    ($locks:literal) => {
        select!("WHERE name = $1 AND lane = 'paying' AND gives_up <= $2 AND gives_up - run_at <= $4 ORDER BY t.gives_up LIMIT $3" $locks)
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
    most: usize,
) -> Result<Vec<Due>> {
    // The lane is a part of the statement: a parameter could not be matched with the index of one lane.
    let sql = match lane {
        Lane::Ready => rows.either(ready!(""), ready!(" FOR UPDATE SKIP LOCKED")),
        Lane::Later => {
            rows.either(in_time!("later", ""), in_time!("later", " FOR UPDATE SKIP LOCKED"))
        }
        _ => rows.either(in_time!("paying", ""), in_time!("paying", " FOR UPDATE SKIP LOCKED")),
    };
    let params: Vec<Param> = vec![text(name), at(now), limit(most)];
    let answer = rows.ask(sql, params)?;
    Ok(found(rows, &answer))
}

const NEXT_DUES: &str = "SELECT (SELECT min(run_at) FROM @tasks WHERE name = $1 AND lane = 'later'), \
                                (SELECT min(run_at) FROM @tasks WHERE name = $1 AND lane = 'paying')";

/// The earliest due time in each lane of those that wait.
pub(crate) fn next_dues(rows: &mut Rows, name: &str) -> Result<NextDue> {
    let answer = rows.ask(NEXT_DUES, vec![text(name)])?;
    Ok(next_of(&answer))
}

fn next_of(rows: &[Row]) -> NextDue {
    let column = |column| rows.first().and_then(|row| row.get::<_, Option<i64>>(column));
    NextDue { later: column(0).map(time), paying: column(1).map(time) }
}

/// The offers to a claim. All functions are asked in one flight, most often the only one.
pub(crate) fn offers(
    rows: &mut Rows,
    asked: &[(&str, usize)],
    now: Time,
    most: usize,
) -> Result<Vec<Offer>> {
    let ready = rows.either(ready!(""), ready!(" FOR UPDATE SKIP LOCKED"));
    let calls = asked.iter().flat_map(|&(name, most)| {
        let params: Vec<Param> = vec![text(name), at(now), limit(most)];
        [Call::Query(NEXT_DUES, vec![text(name)]), Call::Query(ready, params)]
    });
    let answers = rows.send(calls.collect())?;
    let mut offers = Vec::with_capacity(asked.len());
    for (&(name, limit), answers) in asked.iter().zip(answers.chunks(2)) {
        let next = next_of(answers.first().map(Vec::as_slice).unwrap_or_default());
        let mut ready = found(rows, answers.get(1).map(Vec::as_slice).unwrap_or_default());
        if next.later.is_some_and(|due| due <= now) {
            rows.promote(name, now, most)?;
            ready = due(rows, name, Lane::Ready, now, limit)?;
        }
        offers.push(Offer { next, ready });
    }
    Ok(offers)
}

/// Tasks that wait for longer than an hour from `far` on: the clock of some machine was ahead.
pub(crate) fn far_away(rows: &mut Rows, name: &str, far: Time, most: usize) -> Result<Vec<TaskId>> {
    macro_rules! far {
        ($lane:literal) => {
            concat!(
                "SELECT id::text FROM @tasks WHERE name = $1 AND lane = '",
                $lane,
                "' AND run_at > $2 ORDER BY run_at DESC LIMIT $3"
            )
        };
    }
    let calls = [far!("later"), far!("paying")]
        .map(|sql| Call::Query(sql, vec![text(name), at(far), limit(most)]));
    Ok(rows.send(calls.into())?.iter().flat_map(|rows| ids(rows)).collect())
}

pub(crate) fn impatient(
    rows: &mut Rows,
    name: &str,
    now: Time,
    quiet: Duration,
    most: usize,
) -> Result<Vec<Due>> {
    let sql = rows.either(impatient!(""), impatient!(" FOR UPDATE SKIP LOCKED"));
    let quiet = i64::try_from(quiet.as_millis()).unwrap_or(i64::MAX);
    let answer = rows.ask(sql, vec![text(name), at(now), limit(most), Box::new(quiet)])?;
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
