//! The SQLite file: restarts, upgrades, and faults.
//!
//! | fault | tested in |
//! |---|---|
//! | the file is removed or replaced while it is open | `faults` |
//! | the disk is full | `faults`: `a_full_disk_…`, `one_order_that_does_not_fit_…` |
//! | the file cannot be written, also as the superuser | `read_only` |
//! | another program keeps the file locked | `faults`: `a_file_that_another_program_keeps_locked_…` |
//! | another program keeps the file locked for longer than a lease | `leases` |
//! | a body blocks the threads of its runtime | `leases` |
//! | a row is damaged, or the store refuses to change it | `damage` |
//! | an older copy lies beside a newer log | `faults`: `an_older_copy_…` |
//! | two processes submit the same keys, or work on the same tasks | `shared` |
//! | the log was cut off | `faults`: `a_log_that_was_cut_off_…` |
//! | the clock steps back an hour, or leaps ahead | `restart`: `a_clock_that_steps_back_…`; in the crate, `fencing_tests`: `a_worker_does_not_lose_…` |
//! | a clock is two days ahead, or steps by two minutes | `clocks` |
//! | the file is of a newer or older version, of another program, or damaged | `files`, `versions` |
//! | a restart under the same worker name | conformance: `a_worker_may_start_under_the_name_of_another` |
//! | a task that crashes every worker | conformance: `a_task_that_ends_every_worker_fails_in_the_end` |
//! | a delayed retry is lost, or repeated | conformance: `delayed_retries_of_many_tasks_are_neither_lost_nor_repeated` |
//! | a waiting task occupies a worker slot | conformance: `a_waiting_task_occupies_no_worker_slot` |
//! | the history is not visible before the end | conformance: `history_and_progress_are_visible_while_the_task_runs` |
//! | a kill between effect and commit, and anywhere else | `kill` |

mod clocks;
mod damage;
mod faults;
mod files;
mod leases;
mod read_only;
mod restart;
mod shared;
mod versions;

use std::path::Path;
use std::sync::Arc;

use retry_runtime::retryable;
use retry_tasks::{ManualClock, SqliteBuilder, StoreError, Task, Tasks};

#[retryable(on = any, jitter = none, budget = none, idempotent, name = "sqlite::echo", task)]
pub(crate) async fn echo(text: String) -> Result<String, String> {
    if text == "fails" { Err("told to fail".to_owned()) } else { Ok(text.clone()) }
}

pub(crate) fn task(text: &str) -> Task<String> {
    echo::task(text.to_owned())
}

fn open(path: &Path) -> Result<Tasks, StoreError> {
    Tasks::sqlite(path)
}

fn on_clock(path: &Path) -> (Tasks, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new());
    let builder = SqliteBuilder::new(path).clock(Arc::clone(&clock) as Arc<dyn retry_tasks::Clock>);
    (builder.open().expect("a sound file"), clock)
}

/// Checks the text of the error.
#[track_caller]
fn says(error: StoreError, words: &[&str]) {
    let text = error.to_string();
    for word in words {
        assert!(text.contains(word), "{word:?} is missing in: {text}");
    }
}
