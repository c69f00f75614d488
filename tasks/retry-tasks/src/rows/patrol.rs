//! The rounds of a worker once a minute: tasks that nobody runs are told, and due times that no rule explains are repaired.

use std::sync::Arc;

use super::{leased::Backend, leased::Leased, sweep::Repair};
use crate::record::id::TaskId;
use crate::store::{Store, error::StoreError, host::Host};

/// Makes one round.
pub(super) async fn round<B: Backend>(
    store: Arc<Leased<B>>,
    host: Arc<dyn Host>,
) -> Result<(), StoreError> {
    for (name, counts) in store.counts().await? {
        let open = counts.pending + counts.running + counts.waiting;
        if open > 0 && retry_runtime::site(&name).is_none() {
            tell_orphans(&name, open);
        }
    }
    let functions = host.functions().iter().map(|function| function.name).collect();
    for (id, by) in store.write(Repair { functions }).await? {
        tell_repair(id, by);
    }
    Ok(())
}

/// Warns of tasks whose function this program does not have.
fn tell_orphans(name: &str, tasks: u64) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        tracing::warn!(
            target: "retry_tasks",
            site = name,
            tasks,
            "tasks wait for a function that this program does not have: start a worker that has it, give the renamed function \
             its old name with `name = …`, or cancel the tasks"
        );
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (name, tasks);
}

/// Warns of a due time that was repaired.
fn tell_repair(id: TaskId, by: std::time::Duration) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        let late_s = by.as_secs_f64();
        tracing::warn!(
            target: "retry_tasks",
            task = %id,
            late_s,
            "the task was due later than any rule explains, and is due as its rule says now: a clock was ahead"
        );
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (id, by);
}
