//! Orders by hand.

use super::{Tasks, error::TaskError};
use crate::machine::{orders::Ordered, orders::Verb};
use crate::record::id::TaskId;
use crate::store::filter::Filter;

impl Tasks {
    /// Retries a failed or cancelled task with another round of attempts, as many as its limit allows. The counters
    /// continue and the history stays.
    ///
    /// # Errors
    ///
    /// [`TaskError::Refused`] in any other state. When two orders race, one wins and the other gets the new state in
    /// this error. Also when there is no such task or the store fails.
    pub async fn retry(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Retry).await
    }

    /// Retries a failed or cancelled task with the attempts that its limit leaves, or with one more when it leaves none.
    ///
    /// # Errors
    ///
    /// The same as of [`retry`](Self::retry).
    pub async fn retry_once(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::RetryOnce).await
    }

    /// Restarts a task that has ended, even a complete one, with counters at zero and without result and history.
    ///
    /// # Errors
    ///
    /// The same as of [`retry`](Self::retry); a task that has not ended refuses.
    pub async fn reset(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Reset).await
    }

    /// Cancels a task that has not ended. No further attempt starts. A running attempt is dropped: in this process at
    /// once, in another one at its worker's next heartbeat. Its outcome no longer counts, but it may have taken effect.
    ///
    /// # Errors
    ///
    /// The same as of [`retry`](Self::retry); a task that has ended refuses.
    pub async fn cancel(&self, id: TaskId) -> Result<Ordered, TaskError> {
        self.order(id, Verb::Cancel).await
    }

    async fn order(&self, id: TaskId, verb: Verb) -> Result<Ordered, TaskError> {
        match self.store.order(id, verb).await? {
            Some(Ok(ordered)) => Ok(ordered),
            Some(Err(state)) => Err(TaskError::Refused { id, verb, state }),
            None => Err(TaskError::Unknown(id)),
        }
    }

    /// Retries every task that passes the filter and can be retried, on whichever page, and returns their number. The
    /// budgets of the functions pay for the attempts, which start as fast as tokens are refilled: a dependency that
    /// has just recovered is not overloaded again.
    ///
    /// # Errors
    ///
    /// The store fails; some of the tasks may have been retried.
    pub async fn retry_all(&self, filter: Filter) -> Result<u64, TaskError> {
        let (mut filter, mut retried) = (filter.limit(500), 0);
        loop {
            let page = self.store.list(filter.clone(), false).await?;
            for (record, _) in page.tasks.iter().filter(|(record, _)| record.state.can_retry()) {
                // A task that somebody else has retried in the meantime does not count.
                let ordered = self.store.order(record.id, Verb::RetryPaced).await?;
                retried += u64::from(matches!(ordered, Some(Ok(_))));
            }
            match page.next {
                Some(next) => filter = filter.after(next),
                None => return Ok(retried),
            }
        }
    }
}
