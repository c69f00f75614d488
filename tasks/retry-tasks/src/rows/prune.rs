//! The removal of ended tasks that the retention does not keep, by function and by phase.

use super::{
    aside::is_of_one_row, aside::one, job::Operation, job::Touches, job::Transaction,
    leased::Backend, leased::Leased, table::Table,
};
use crate::machine::retention::Retention;
use crate::record::{id::TaskId, state::Phase};
use crate::store::error::Result;

/// The phases of ended tasks.
const ENDED: [Phase; 3] = [Phase::Complete, Phase::Failed, Phase::Cancelled];

/// The greatest number of tasks to remove in one transaction, so that other writers do not wait long.
const CHUNK: usize = 500;

impl<B: Backend> Leased<B> {
    /// Removes the ended tasks of these functions that the retention does not keep. Returns their number.
    pub(super) async fn prune_functions(
        &self,
        names: Vec<String>,
        retention: Retention,
    ) -> Result<u64> {
        let mut removed = 0;
        for name in names {
            for phase in ENDED {
                let limits = retention.of(phase);
                if limits.count.is_some() || limits.age.is_some() {
                    removed += self.prune_phase(&name, phase, limits).await?;
                }
            }
        }
        Ok(removed)
    }

    async fn prune_phase(&self, name: &str, phase: Phase, limits: Retention) -> Result<u64> {
        let name = name.to_owned();
        let mut removed = 0;
        // Most often there is nothing to remove, which a reader finds out without the lock for writing.
        let of_function = name.clone();
        let looked = self.study(move |table, now| {
            let present = match limits.count {
                Some(_) => table.ended_in(&of_function, phase)?,
                None => 0,
            };
            let first = table.oldest_ended_in(&of_function, phase, now, 1)?;
            let expires = |&(_, ended): &(_, _)| limits.expires(now, ended, present);
            Ok((present, first.first().is_some_and(expires)))
        });
        let (present, has_expired) = looked.await?;
        if !has_expired {
            return Ok(0);
        }
        loop {
            let present = present.saturating_sub(removed);
            let chunk = self.write(Prune { name: name.clone(), phase, limits, present }).await?;
            removed += chunk as u64;
            if chunk < CHUNK {
                return Ok(removed);
            }
        }
    }
}

/// Removes some of the tasks of a function that have ended in one phase. Replies with their number.
struct Prune {
    name: String,
    phase: Phase,
    limits: Retention,
    /// The number of those that are stored.
    present: u64,
}

impl Operation for Prune {
    type Reply = usize;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<usize> {
        let mut removed = 0;
        for (id, ended) in table.oldest_ended_in(&self.name, self.phase, tx.now, CHUNK)? {
            let present = self.present.saturating_sub(removed as u64);
            if !self.limits.expires(tx.now, ended, present) {
                break;
            }
            match table.nested(&mut |table| table.remove(id)) {
                Err(error) if !is_of_one_row(&error) => return Err(error),
                _ => removed += 1,
            }
        }
        Ok(removed)
    }
}

/// Removes those of these tasks that have ended. Replies with their number.
pub(super) struct Remove(pub(super) Vec<TaskId>);

impl Operation for Remove {
    type Reply = u64;

    fn touches(&self) -> Touches {
        Touches::tasks(self.0.iter().copied())
    }

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<u64> {
        let mut removed = 0;
        for id in &self.0 {
            let done = one(table, tx, *id, |table, _| {
                let has_ended = table.get(*id)?.is_some_and(|record| record.state.is_ended());
                if has_ended {
                    table.remove(*id)?;
                }
                Ok(has_ended)
            })?;
            removed += u64::from(done == Some(true));
        }
        Ok(removed)
    }
}
