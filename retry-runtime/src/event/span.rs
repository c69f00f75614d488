//! The `tracing` span of an attempt that is a retry.

use tracing::level_filters::LevelFilter;

/// A `tracing` span around one retry, so that the log lines of its body carry the attempt's number.
#[derive(Clone, Debug)]
pub(crate) struct CallSpan(tracing::Span);

/// A guard that leaves the span when it is dropped.
pub(crate) type Inside<'s> = tracing::span::Entered<'s>;

impl CallSpan {
    /// The span of attempt `attempt` (from 2) of call `call`.
    #[cold]
    pub(crate) fn retry(site: &'static str, call: u64, attempt: u32, limit: Option<u32>) -> Self {
        CallSpan(tracing::info_span!(target: "retry_runtime", "retry", site, call, attempt, limit))
    }

    /// Whether a subscriber accepts the span's level.
    #[inline]
    pub(crate) fn is_wanted() -> bool {
        LevelFilter::current() >= LevelFilter::INFO
    }

    /// Enters the span until the guard is dropped: for a blocking body, or for one poll of a future.
    pub(crate) fn enter(&self) -> Inside<'_> {
        self.0.enter()
    }
}
