//! The cost of tasks: statements, and the steps of SQLite's virtual machine. Counted, because a time depends on the machine
//! and on its other work.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::StatementStatus;
use rusqlite::trace::{TraceEvent, TraceEventCodes};

use retry_runtime::retryable;

use super::{builder::SqliteBuilder, open, row::CHANGING, row::FIXED, transaction::Rows};
use crate::base::{clock::Clock, clock::ManualClock, time::Time};
use crate::machine::finish::AttemptEnd;
use crate::record::{NewTask, Record, lane::Lane};
use crate::rows::{job::Job, leased::Backend, leased::Leased, table::Table, time::StoreClock};
use crate::tasks::Tasks;

/// The greatest number of steps of a task that succeeds at once, from its submission to its end. Another index costs about
/// 25 for each change of the task.
const STEPS: i64 = 620;

/// The statements that have run, with the number of runs and the steps of all of them.
#[derive(Clone, Debug, Default)]
struct Bill(Arc<Mutex<HashMap<String, (usize, i64)>>>);

impl Bill {
    fn of(rows: &mut Rows) -> Self {
        let bill = Bill::default();
        let entries = Arc::clone(&bill.0);
        let note = move |event: TraceEvent<'_>| {
            let TraceEvent::Profile(statement, _) = event else { return };
            let mut entries = entries.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = entries.entry(statement.sql().into_owned()).or_default();
            // SQLite counts the steps of a prepared statement up.
            *entry = (entry.0 + 1, i64::from(statement.get_status(StatementStatus::VmStep)));
        };
        let profiled = TraceEventCodes::SQLITE_TRACE_PROFILE;
        rows.connection.trace_v2(profiled, Some(note)).expect("traced");
        bill
    }

    /// The number of runs of the statements that begin with this text.
    fn runs(&self, text: &str) -> usize {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let runs = entries.iter().filter(|(statement, _)| statement.starts_with(text));
        runs.map(|(_, (runs, _))| runs).sum()
    }

    /// The number of statements and of their steps so far.
    fn total(&self) -> (usize, i64) {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.values().fold((0, 0), |sum, (runs, steps)| (sum.0 + runs, sum.1 + steps))
    }
}

/// A new file, removed at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let name = format!("retry-tasks-cost-{name}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).expect("a folder for the test");
        Folder(folder)
    }

    fn rows(&self) -> Rows {
        open::writer(&SqliteBuilder::new(self.0.join("tasks.db"))).expect("a new file")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn task(priority: i32, now: Time) -> Record {
    let task = NewTask {
        name: "cost::task".to_owned(),
        arguments: "{}".to_owned(),
        priority,
        limit: Some(4),
        ..NewTask::default()
    };
    Record::new(task, now)
}

/// Claims the tasks that are first in their lane, and returns them.
fn claim(rows: &mut Rows, now: Time, limit: usize) -> Vec<Record> {
    let due = rows.due("cost::task", Lane::Ready, now, limit).expect("read");
    let claimed = due.into_iter().map(|due| {
        let mut record = rows.get(due.id).expect("read").expect("there");
        let _ = record.claim(now, Duration::from_secs(30), 0, "worker");
        rows.update(&record).expect("updated");
        record
    });
    claimed.collect()
}

#[test]
fn a_task_costs_six_statements_and_few_steps_of_the_database() {
    let (folder, now) = (Folder::new("task"), ManualClock::new().now());
    let mut rows = folder.rows();
    let bill = Bill::of(&mut rows);
    rows.insert(&task(0, now)).expect("inserted");
    let (_, before) = bill.total();
    claim(&mut rows, now, 1);
    let (_, claimed) = bill.total();
    let id =
        rows.due("cost::task", Lane::Leased, now + Duration::from_secs(60), 1).expect("read")[0].id;
    let (reads, read) = bill.total();
    let mut record = rows.get(id).expect("read").expect("there");
    let attempt = record.running_attempt().expect("it is running");
    let attempt = record.finish(now, attempt, AttemptEnd::Succeeded("1".to_owned()));
    rows.put_attempt(id, &attempt.expect("it was made")).expect("stored");
    rows.update(&record).expect("updated");
    let (statements, steps) = bill.total();
    // Without the search, which many tasks share, and without the one that only this test makes.
    assert_eq!((reads, statements), (5, 8), "{bill:?}");
    let steps = steps - (read - claimed);
    assert!(steps <= STEPS, "{steps} steps, {before} of them of the submission: {bill:?}");
}

/// Stores tasks of this function that are due one second after the other, from `first` on.
fn delayed(rows: &mut Rows, name: &str, first: Time, tasks: u64) {
    let stored = rows.transaction(|rows| {
        (0..tasks).try_for_each(|second| {
            let mut task = task(0, first + Duration::from_secs(second));
            task.name = name.to_owned();
            task.lane = Some(Lane::Later);
            rows.insert(&task)
        })
    });
    stored.expect("inserted");
}

#[test]
fn the_schedule_reads_the_next_tasks_and_not_all_that_are_to_come() {
    let (folder, now) = (Folder::new("schedule"), ManualClock::new().now());
    let mut rows = folder.rows();
    let bill = Bill::of(&mut rows);
    let steps = |rows: &mut Rows| {
        let (_, before) = bill.total();
        let next = rows.upcoming(now, 5).expect("read");
        let (_, after) = bill.total();
        let due = next.into_iter().map(|id| {
            let task = rows.get(id).expect("read").expect("there");
            task.run_at.expect("open").as_millis() - now.as_millis()
        });
        assert_eq!(due.collect::<Vec<_>>(), [1_000, 1_500, 2_000, 3_000, 4_000]);
        after - before
    };
    delayed(&mut rows, "cost::late", now + Duration::from_secs(1), 10);
    delayed(&mut rows, "cost::task", now + Duration::from_millis(1_500), 1);
    // Due now, hence not to come.
    delayed(&mut rows, "cost::task", now, 1);
    let few = steps(&mut rows);
    delayed(&mut rows, "cost::late", now + Duration::from_secs(100), 2_000);
    let many = steps(&mut rows);
    assert!(many <= few + few / 10, "{few} steps among twelve tasks, {many} among two thousand");
}

/// A backend that applies each job at once, in a transaction of its own.
#[derive(Debug)]
struct Inline(Mutex<Rows>, Arc<StoreClock>);

impl Backend for Inline {
    fn write(&self, mut job: Job, _: &dyn Clock) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = rows.write(std::slice::from_mut(&mut job), &self.1);
        drop(rows);
        job.reply(done);
    }

    fn read(&self, mut job: Job, clock: &dyn Clock) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let done = rows.read(&mut job, clock);
        drop(rows);
        job.reply(done);
    }
}

#[retryable(on = any, name = "cost::task", task(crate = crate))]
async fn work() -> Result<u8, String> {
    Ok(1)
}

#[tokio::test]
async fn a_worker_reads_a_task_twice_and_writes_it_three_times_and_its_attempt_once() {
    const TASKS: usize = 50;
    let folder = Folder::new("worker");
    let mut rows = folder.rows();
    let bill = Bill::of(&mut rows);
    let clock = Arc::new(StoreClock::new(Arc::new(ManualClock::new())));
    let backend = Inline(Mutex::new(rows), Arc::clone(&clock));
    let tasks = Tasks::of(Arc::new(Leased::new(backend, clock)));
    let mut ids = Vec::new();
    for _ in 0..TASKS {
        ids.push(tasks.submit(work::task()).await.expect("stored"));
    }
    let _worker = tasks.worker().only("cost::task").start().expect("started");
    let mut events = tasks.events();
    while tasks.counts().await.expect("counted").complete < TASKS as u64 {
        let _ = events.recv().await;
    }
    let runs = ["INSERT INTO tasks", "UPDATE tasks SET (", "INSERT INTO attempts"];
    assert_eq!(runs.map(|text| bill.runs(text)), [TASKS, 2 * TASKS, TASKS], "{bill:?}");
    let reads = format!("SELECT id, {CHANGING}, {FIXED} FROM tasks WHERE id = ?1");
    assert_eq!(bill.runs(&reads), 2 * TASKS);
    assert_eq!((bill.runs("DELETE"), bill.runs("SELECT fence")), (0, 0), "{bill:?}");
}

#[test]
fn a_claim_costs_the_same_with_one_priority_and_with_thousands() {
    let steps = [1, 1000, 5000].map(|priorities| {
        let folder = Folder::new(&format!("priorities-{priorities}"));
        let (mut rows, now) = (folder.rows(), ManualClock::new().now());
        let filled = rows.transaction(|rows| {
            (0..5000).try_for_each(|number| rows.insert(&task(number % priorities, now)))
        });
        filled.expect("inserted");
        let bill = Bill::of(&mut rows);
        assert_eq!(claim(&mut rows, now, 64).len(), 64);
        bill.total()
    });
    assert_eq!(steps[0], steps[1]);
    assert_eq!(steps[0], steps[2]);
}

#[test]
fn an_evaluation_of_many_tasks_comes_in_parts_that_add_up() {
    const TASKS: u64 = 10_050;
    let (folder, now) = (Folder::new("parts"), ManualClock::new().now());
    let mut rows = folder.rows();
    let filled = rows.transaction(|rows| {
        (0..TASKS).try_for_each(|_| {
            let mut record = task(0, now);
            let attempt = record.claim(now, Duration::from_secs(30), 0, "worker");
            let later = now + Duration::from_secs(2);
            let attempt = record.finish(later, attempt, AttemptEnd::Succeeded("1".to_owned()));
            rows.insert(&record)?;
            rows.put_attempt(record.id, &attempt.expect("it was made"))
        })
    });
    filled.expect("inserted");
    for name in [None, Some("cost::task"), Some("cost::other")] {
        let whole = rows.analytics(name).expect("evaluated");
        let (mut ended, mut parts, mut after) = (0, 0, None);
        loop {
            let part = rows.analytics_part(name, after).expect("evaluated").expect("in parts");
            (ended, parts, after) = (ended + part.sums.ended, parts + 1, part.next);
            if after.is_none() {
                break;
            }
        }
        let is_other = name == Some("cost::other");
        let expected = if is_other { 0 } else { TASKS };
        assert_eq!((ended, parts, whole.ended), (expected, 2, expected));
        assert_eq!(whole.success_within(1), (!is_other).then_some(1.0));
        assert_eq!(whole.mean_running, Duration::from_secs(if is_other { 0 } else { 2 }));
    }
}
