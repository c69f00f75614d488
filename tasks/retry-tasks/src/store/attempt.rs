//! A running attempt, as a store sees it: its end, its progress, and the request to stop it.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use super::handle::AttemptHandle;
use crate::machine::finish::AttemptEnd;
use crate::record::Progress;

/// The future of an attempt's end.
pub type Ending = Pin<Box<dyn Future<Output = AttemptEnd> + Send>>;

/// A running attempt; [`Host::begin`](super::Host::begin) makes one.
///
/// ```
/// use retry_tasks::store::Attempt;
/// use retry_tasks::{AttemptEnd, Progress};
///
/// /// Runs an attempt to its end, and passes its progress on.
/// async fn drive(attempt: Attempt, pass_on: &mut dyn FnMut(Progress)) -> AttemptEnd {
///     let Attempt { mut end, news, .. } = attempt;
///     loop {
///         tokio::select! {
///             end = &mut end => return end,
///             progress = news.next() => pass_on(progress),
///         }
///     }
/// }
/// # let _ = drive;
/// ```
#[must_use = "an attempt runs only while its end is awaited"]
#[non_exhaustive]
pub struct Attempt {
    /// The end of the attempt. Dropping the future stops an attempt of an `async` function, which may have taken effect
    /// already; a thread that runs a part of the body goes on.
    pub end: Ending,
    /// The progress that the function reports.
    pub news: News,
    /// The request to stop.
    pub stop: Stop,
}

/// The progress that a running function reports.
///
/// ```
/// use retry_tasks::Progress;
/// use retry_tasks::store::News;
///
/// /// The progress to be stored with the end of the attempt.
/// fn last(news: &News) -> Option<Progress> {
///     news.last()
/// }
/// # let _ = last;
/// ```
#[derive(Clone, Debug)]
pub struct News(Arc<AttemptHandle>);

/// The request to stop an attempt, and the threads that cannot be stopped.
///
/// ```
/// use retry_tasks::store::Stop;
///
/// /// Asks an attempt to stop, and waits until its slot is free.
/// async fn stop(stop: &Stop) {
///     stop.now();
///     stop.idle().await;
/// }
/// # let _ = stop;
/// ```
#[derive(Clone, Debug)]
pub struct Stop(Arc<AttemptHandle>);

impl Attempt {
    pub(crate) fn new(handle: Arc<AttemptHandle>, end: Ending) -> Self {
        Attempt { end, news: News(Arc::clone(&handle)), stop: Stop(handle) }
    }

    /// The link between the attempt and the store.
    pub(crate) fn handle(&self) -> Arc<AttemptHandle> {
        Arc::clone(&self.stop.0)
    }
}

impl News {
    /// Completes with the progress when the function has reported some that nobody has taken.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses no progress.
    pub async fn next(&self) -> Progress {
        self.0.news().await
    }

    /// Takes the progress that nobody has taken yet, to be stored with the end of the attempt.
    pub fn last(&self) -> Option<Progress> {
        self.0.take_progress()
    }
}

impl Stop {
    /// Asks a function that blocks to stop.
    pub fn now(&self) {
        self.0.stop();
    }

    /// Whether a thread runs a part of the body, which can therefore not be stopped.
    pub fn is_busy(&self) -> bool {
        self.0.is_busy()
    }

    /// Completes when no thread runs a part of the body: the slot of the attempt is free.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing.
    pub async fn idle(&self) {
        self.0.idle().await;
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("stop", &self.stop).finish_non_exhaustive()
    }
}
