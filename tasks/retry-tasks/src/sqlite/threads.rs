//! The threads that own the connections: one writes, two read.

use std::sync::Arc;

use super::transaction::Rows;
use crate::base::clock::Clock;
use crate::rows::{job::Job, leased::Backend, thread::Thread, time::StoreClock};
use crate::store::error::{Result, StoreError};

/// The rows of a SQLite file.
#[derive(Debug)]
pub(super) struct Sqlite {
    writer: Thread,
    reader: Thread,
    /// Answers the questions that may take long.
    student: Thread,
}

impl Sqlite {
    pub(super) fn new(
        mut writer: Rows,
        reader: Rows,
        student: Rows,
        clock: &Arc<StoreClock>,
    ) -> Result<Self> {
        let writes = Arc::clone(clock);
        let writer = move |batch: &mut Vec<Job>| write(&mut writer, batch, &writes);
        Ok(Sqlite {
            writer: Thread::batches("retry-tasks-write", writer)?,
            reader: Thread::one_by_one("retry-tasks-read", reads(reader, clock))?,
            student: Thread::one_by_one("retry-tasks-study", reads(student, clock))?,
        })
    }
}

fn reads(mut rows: Rows, clock: &Arc<StoreClock>) -> impl FnMut(&mut Job) -> Result<()> + use<> {
    let clock = Arc::clone(clock);
    move |job| rows.read(job, &*clock)
}

impl Backend for Sqlite {
    fn write(&self, job: Job, _: &dyn Clock) {
        self.writer.send(job);
    }

    fn read(&self, job: Job, _: &dyn Clock) {
        self.reader.send(job);
    }

    fn study(&self, job: Job, _: &dyn Clock) {
        self.student.send(job);
    }
}

/// Applies the jobs in one transaction. If it fails, applies each in a transaction of its own, so that a job that fails
/// does not affect the others.
fn write(rows: &mut Rows, batch: &mut Vec<Job>, clock: &StoreClock) {
    let together = rows.write(batch, clock);
    let is_shared = matches!(together, Err(StoreError::Locked { .. } | StoreError::Moved { .. }));
    let alone = together.is_err() && batch.len() > 1 && !is_shared;
    for mut job in batch.drain(..) {
        let committed = if alone {
            rows.write(std::slice::from_mut(&mut job), clock)
        } else {
            together.clone()
        };
        job.reply(committed);
    }
}
