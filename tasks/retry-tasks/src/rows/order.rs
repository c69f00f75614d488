//! The operation that carries out an order by hand.

use retry_runtime::StopReason;

use super::{finish::failures, job::Operation, job::Transaction, table::Table};
use crate::base::time::Time;
use crate::event::{EventKind, Measured};
use crate::machine::{lease::Lease, orders::Ordered, orders::Verb};
use crate::record::{attempt::AttemptOutcome, id::TaskId, state::State};
use crate::store::error::Result;

/// Carries out an order by hand. Replies `None` when there is no such task, and with the state that does not allow the
/// order.
pub(super) struct Order(pub(super) TaskId, pub(super) Verb);

impl Operation for Order {
    type Reply = Option<Result<Ordered, State>>;

    fn apply(&mut self, table: &mut dyn Table, tx: &mut Transaction) -> Result<Self::Reply> {
        let Order(id, verb) = *self;
        let Some(mut record) = table.get(id)? else { return Ok(None) };
        let lease = record.lease();
        let ordered = match record.order(tx.now, verb) {
            Ok(ordered) => ordered,
            Err(state) => return Ok(Some(Err(state))),
        };
        let measured = match ordered.before {
            State::Running => cancel_attempt(table, lease, tx.now)?,
            _ => None,
        };
        if verb == Verb::Reset {
            table.remove_attempts(id, None)?;
        }
        table.update(&record)?;
        let (kind, ended) = match verb {
            Verb::Cancel => {
                let standing = record.standing(tx.now, failures(table, &record)?);
                (EventKind::Cancelled, Some((standing, StopReason::Cancelled)))
            }
            Verb::Reset => (EventKind::Reset, None),
            Verb::Retry | Verb::RetryOnce | Verb::RetryPaced => (EventKind::Retried, None),
        };
        tx.emit_with(&record, kind, measured, ended);
        Ok(Some(Ok(ordered)))
    }
}

/// Ends the running attempt, whose outcome no longer counts.
fn cancel_attempt(table: &mut dyn Table, lease: Lease, now: Time) -> Result<Option<Measured>> {
    let Some(mut attempt) = table.attempt(lease.id, lease.fence)? else { return Ok(None) };
    attempt.ended = Some(now);
    attempt.outcome = AttemptOutcome::Cancelled;
    table.put_attempt(lease.id, &attempt)?;
    Ok(Some(Measured::Attempt(attempt.outcome, now.since(attempt.started))))
}
