//! The schedule of a store that cannot find tasks by their times.

use super::{Store, Stored, error::Result, filter::Filter};
use crate::base::time::Time;
use crate::record::{Record, id::TaskId, state::Phase};

/// The size of a page: a store may read all of its tasks for each.
const PAGE: usize = 10_000;

/// The order of a task in the schedule; `None` when its time has come or it waits for none.
pub(crate) fn place(record: &Record, now: Time) -> Option<(Time, TaskId)> {
    let is_open = matches!(record.state.phase(), Phase::Pending | Phase::Waiting);
    let due = record.run_at.filter(|due| is_open && *due > now)?;
    Some((due, record.id))
}

/// Reads all open tasks, and keeps no more of them than a page and those that are asked for.
pub(super) async fn listed<S: Store + ?Sized>(
    store: &S,
    limit: usize,
    attempts: bool,
) -> Result<Vec<Stored>> {
    let mut filter = Filter::new().phase(Phase::Pending).phase(Phase::Waiting).limit(PAGE).brief();
    let now = store.clock().now();
    let mut earliest: Vec<Stored> = Vec::new();
    loop {
        let page = store.list(filter.clone(), attempts).await?;
        earliest.extend(page.tasks.into_iter().filter(|(record, _)| place(record, now).is_some()));
        earliest.sort_by_key(|(record, _)| place(record, now));
        earliest.truncate(limit);
        match page.next {
            Some(next) => filter = filter.after(next),
            None => return Ok(earliest),
        }
    }
}
