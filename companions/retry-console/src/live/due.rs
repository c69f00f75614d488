//! The counts of tasks, asked of their store at most once a second, and only while somebody watches.

use std::sync::{Mutex, PoisonError};

/// The number of tasks that are due, and the time since which the longest of them is.
pub(crate) type Due = (u64, Option<u64>);

/// The store that is asked, and its last answer.
#[derive(Debug, Default)]
pub(crate) struct DueTasks {
    #[cfg(feature = "tasks")]
    store: counted::Store,
    last: Mutex<Option<Due>>,
}

impl DueTasks {
    /// Asks the store, unless it was asked a short time ago.
    pub(crate) async fn renew(&self) {
        // A store that does not answer is told on the page of tasks.
        #[cfg(feature = "tasks")]
        let _ = self.counts().await;
    }

    #[cfg(any(feature = "tasks", test))]
    pub(crate) fn set(&self, due: Option<Due>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = due;
    }

    /// The last answer, with the age of the oldest due task in whole seconds: an age that grows is no change for a reader at
    /// each look.
    pub(crate) fn last(&self, now_ms: u64) -> Option<Due> {
        let (due, oldest) = (*self.last.lock().unwrap_or_else(PoisonError::into_inner))?;
        Some((due, oldest.map(|at| now_ms.saturating_sub(at) / 1_000 * 1_000)))
    }
}

#[cfg(feature = "tasks")]
mod counted {
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use retry_tasks::{Counts, TaskError, Tasks};

    use super::DueTasks;

    /// How often the store is asked.
    const RENEWED: Duration = Duration::from_secs(1);
    /// The pause after a count is that many times longer than the count: a store of a million tasks takes a while.
    const SHARE: u32 = 100;

    /// The number of tasks in each state: all, and those of each function.
    #[derive(Debug)]
    pub(crate) struct Counted {
        pub(crate) all: Counts,
        pub(crate) by_function: BTreeMap<String, Counts>,
    }

    impl Counted {
        async fn of(tasks: &Tasks) -> Result<Self, TaskError> {
            let by_function = tasks.counts_by_function().await?;
            Ok(Counted { all: by_function.values().copied().sum(), by_function })
        }
    }

    #[derive(Debug, Default)]
    pub(super) struct Store {
        tasks: Option<Tasks>,
        /// The last answer, and when the next one is due. Requests that come at the same time wait for one count.
        kept: tokio::sync::Mutex<Option<(Instant, Arc<Counted>)>>,
    }

    impl DueTasks {
        pub(crate) fn of(tasks: Option<Tasks>) -> Self {
            let store = Store { tasks, ..Store::default() };
            DueTasks { store, ..DueTasks::default() }
        }

        pub(crate) fn tasks(&self) -> Option<&Tasks> {
            self.store.tasks.as_ref()
        }

        /// The counts of the store; `None` without a store.
        pub(crate) async fn counts(&self) -> Result<Option<Arc<Counted>>, TaskError> {
            let Some(tasks) = &self.store.tasks else { return Ok(None) };
            let mut kept = self.store.kept.lock().await;
            let began = Instant::now();
            if let Some((next, counted)) = &*kept {
                if began < *next {
                    return Ok(Some(Arc::clone(counted)));
                }
            }
            let counted = Counted::of(tasks).await.inspect_err(|_| self.set(None))?;
            self.set(Some((counted.all.due, counted.all.oldest_due.map(|at| at.as_millis()))));
            let counted = Arc::new(counted);
            let pause = RENEWED.max(began.elapsed() * SHARE);
            *kept = Some((Instant::now() + pause, Arc::clone(&counted)));
            Ok(Some(counted))
        }
    }
}
