//! The `tracing` span of an attempt that is a retry.

use tracing::level_filters::LevelFilter;
use tracing::span::Entered;

use super::trace::to_subscriber;

/// A `tracing` span around one retry, so that the log lines of its body carry the attempt's number. Empty if the
/// subscriber panicked, or made the call itself.
#[derive(Debug)]
pub(crate) struct CallSpan(Option<tracing::Span>);

/// A guard that leaves the span when it is dropped.
pub(crate) struct Inside<'s>(Option<Entered<'s>>);

impl CallSpan {
    /// The span of attempt `attempt` (from 2) of call `call`.
    #[cold]
    pub(crate) fn retry(site: &'static str, call: u64, attempt: u32, limit: Option<u32>) -> Self {
        CallSpan(to_subscriber(
            || tracing::info_span!(target: "retry_runtime", "retry", site, call, attempt, limit),
        ))
    }

    /// Whether a subscriber accepts the span's level.
    #[inline]
    pub(crate) fn is_wanted() -> bool {
        LevelFilter::current() >= LevelFilter::INFO
    }

    /// Enters the span until the guard is dropped: for a blocking body, or for one poll of a future.
    pub(crate) fn enter(&self) -> Inside<'_> {
        Inside(self.0.as_ref().and_then(|span| to_subscriber(|| span.enter())))
    }
}

// Both drops may happen while a panic of the body goes on: a second panic would abort the process.

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        if let Some(entered) = self.0.take() {
            to_subscriber(|| drop(entered));
        }
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            to_subscriber(|| drop(span));
        }
    }
}
