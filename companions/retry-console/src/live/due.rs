//! The tasks that are due, counted at most once a second, and only while somebody watches.

use std::sync::{Mutex, PoisonError};

#[cfg(feature = "tasks")]
use std::time::{Duration, Instant};

/// The number of tasks that are due, and the time since which the longest of them is.
pub(crate) type Due = (u64, Option<u64>);

/// The store that is asked, and its last answer.
#[derive(Debug, Default)]
pub(crate) struct DueTasks {
    #[cfg(feature = "tasks")]
    pub(crate) tasks: Option<retry_tasks::Tasks>,
    /// When the next count is due. Requests that come at the same time wait for one count.
    #[cfg(feature = "tasks")]
    next: tokio::sync::Mutex<Option<Instant>>,
    last: Mutex<Option<Due>>,
}

/// How often the store is asked.
#[cfg(feature = "tasks")]
const RENEWED: Duration = Duration::from_secs(1);

impl DueTasks {
    #[cfg(feature = "tasks")]
    pub(crate) fn of(tasks: Option<retry_tasks::Tasks>) -> Self {
        DueTasks { tasks, ..DueTasks::default() }
    }

    /// Asks the store, unless it was asked a short time ago. A count may take a twenty-fifth of a core.
    #[cfg(feature = "tasks")]
    pub(crate) async fn renew(&self) {
        let Some(tasks) = &self.tasks else { return };
        let mut next = self.next.lock().await;
        let began = Instant::now();
        if next.is_some_and(|next| began < next) {
            return;
        }
        // A store that does not answer is told on the page of tasks.
        let counts = tasks.counts().await.ok();
        self.set(counts.map(|counts| (counts.due, counts.oldest_due.map(|at| at.as_millis()))));
        let took = began.elapsed();
        *next = Some(Instant::now() + RENEWED.max(took * super::feed::SHARE));
    }

    #[cfg(not(feature = "tasks"))]
    pub(crate) async fn renew(&self) {}

    #[cfg(any(feature = "tasks", test))]
    pub(crate) fn set(&self, due: Option<Due>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }

    /// The last answer, and the age of the oldest due task in whole seconds: an age that grows is no change for a reader at
    /// each look.
    pub(crate) fn last(&self, now_ms: u64) -> Option<Due> {
        let (due, oldest) = (*self.last.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some((due, oldest.map(|at| now_ms.saturating_sub(at) / 1_000 * 1_000)))
    }
}
