//! Tasks whose rows cannot be read or changed: they are set aside, so that they stop nothing but themselves.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{job::Transaction, table::Table};
use crate::event::EventKind;
use crate::record::{Record, id::TaskId, reason::FailReason};
use crate::store::{error::Result, error::StoreError};

/// The tasks that could not even be set aside in the store. This process leaves them alone.
#[derive(Debug, Default)]
pub(super) struct Aside(Mutex<HashSet<TaskId>>);

impl Aside {
    pub(super) fn has(&self, id: TaskId) -> bool {
        self.lock().contains(&id)
    }

    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<TaskId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the failure belongs to one row, and other rows may be sound.
pub(super) fn is_of_one_row(error: &StoreError) -> bool {
    matches!(error, StoreError::Other { .. })
}

/// Ends a task whose row cannot be read.
pub(super) fn set_aside(
    table: &mut dyn Table,
    tx: &mut Transaction,
    record: &Record,
    error: &str,
) -> Result<()> {
    table.set_aside(record.id, tx.now, error)?;
    let reason = FailReason::Unreadable;
    tx.emit(record, EventKind::Failed { reason, error: error.to_owned() });
    Ok(())
}

/// Does the work on one task. When the store refuses it for this task alone, the task is set aside and the work on the
/// others goes on.
pub(super) fn one<T>(
    table: &mut dyn Table,
    tx: &mut Transaction,
    id: TaskId,
    mut work: impl FnMut(&mut dyn Table, &mut Transaction) -> Result<T>,
) -> Result<Option<T>> {
    let (mut reply, events) = (None, tx.events());
    let done = table.nested(&mut |table| {
        reply = Some(work(table, tx)?);
        Ok(())
    });
    let error = match done {
        Ok(()) => return Ok(reply),
        Err(error) if is_of_one_row(&error) => error.to_string(),
        Err(error) => return Err(error),
    };
    tx.forget_events(events);
    let now = tx.now;
    if table.nested(&mut |table| table.set_aside(id, now, &error)).is_err() {
        tx.aside.lock().insert(id);
        report(id, &error);
    }
    Ok(None)
}

fn report(id: TaskId, error: &str) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        tracing::warn!(
            target: "retry_tasks",
            task = %id,
            error,
            "the store refuses changes of a task; this process leaves the task alone"
        );
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (id, error);
}
