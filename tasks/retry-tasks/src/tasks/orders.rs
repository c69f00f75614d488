//! Orders by hand.

use super::{Tasks, error::TaskError};
use crate::machine::{orders::Ordered, orders::Verb};
use crate::record::id::TaskId;
use crate::store::{Refusal, filter::Filter};

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

    /// Removes those of these tasks that have ended, with their results and their attempts, and returns their number. A task that
    /// has not ended stays: [`cancel`](Self::cancel) it first. A unique key that a removed task answered for is free.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// use retry_tasks::Tasks;
    ///
    /// #[retryable(on = any, task)]
    /// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let tasks = Tasks::memory();
    /// let (ended, open) = (tasks.submit(square::task(1)).await?, tasks.submit(square::task(2)).await?);
    /// tasks.cancel(ended).await?;
    /// assert_eq!(tasks.remove([ended, open]).await?, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The store fails, or cannot remove single tasks.
    pub async fn remove(&self, ids: impl IntoIterator<Item = TaskId>) -> Result<u64, TaskError> {
        Ok(self.store.remove(ids.into_iter().collect()).await?)
    }

    async fn order(&self, id: TaskId, verb: Verb) -> Result<Ordered, TaskError> {
        match self.store.order(id, verb).await? {
            Some(Ok(ordered)) => Ok(ordered),
            Some(Err(Refusal::State(state))) => Err(TaskError::Refused { id, verb, state }),
            Some(Err(Refusal::Key(holder))) => Err(TaskError::KeyTaken { id, verb, holder }),
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
        self.retry_all_with(filter, |_| {}).await
    }

    /// [`retry_all`](Self::retry_all), which calls `progress` with the number of retried tasks after each batch of up to 500.
    ///
    /// # Errors
    ///
    /// The same as of [`retry_all`](Self::retry_all).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the order after the batch that is under way.
    pub async fn retry_all_with(
        &self,
        filter: Filter,
        mut progress: impl FnMut(u64),
    ) -> Result<u64, TaskError> {
        let (mut filter, mut retried) = (filter.limit(500).brief(), 0);
        loop {
            let page = self.store.list(filter.clone(), false).await?;
            // A task that somebody else has retried in the meantime does not count.
            let can_retry = page.tasks.iter().filter(|(record, _)| record.state.can_retry());
            let ids: Vec<TaskId> = can_retry.map(|(record, _)| record.id).collect();
            if !ids.is_empty() {
                retried += self.store.order_all(ids, Verb::RetryPaced).await?;
                progress(retried);
            }
            match page.next {
                Some(next) => filter = filter.after(next),
                None => return Ok(retried),
            }
        }
    }
}
