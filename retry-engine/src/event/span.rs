//! The `tracing` span of an attempt that is a retry.

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::span::Id;

use super::trace::to_subscriber;

/// A `tracing` span around one retry, so that the log lines of its body carry the attempt's number. Empty if the
/// subscriber panicked, or made the call itself.
#[derive(Debug)]
pub(crate) struct CallSpan(Option<tracing::Span>);

impl CallSpan {
    /// The span of attempt `attempt` (from 2) of call `call`.
    #[cold]
    pub(crate) fn retry(site: &'static str, call: u64, attempt: u32, limit: Option<u32>) -> Self {
        CallSpan(to_subscriber(
            || tracing::debug_span!(target: "retry_runtime", "retry", site, call, attempt, limit),
        ))
    }

    /// Whether a subscriber accepts the span's level.
    #[inline]
    pub(crate) fn is_wanted() -> bool {
        LevelFilter::current() >= LevelFilter::DEBUG
    }

    /// Enters the span, for a blocking body or for one poll of a future, until [`leave`](Self::leave) is called. Returns
    /// whether it did.
    // Not by tracing's guards: one borrows the span, and the other one moves it.
    pub(crate) fn enter(&self) -> bool {
        let entered = |(id, to): (&Id, &Dispatch)| to_subscriber(|| to.enter(id));
        self.0.as_ref().and_then(|span| span.with_subscriber(entered).flatten()).is_some()
    }

    /// Leaves the span. May be called while a panic of the body goes on.
    pub(crate) fn leave(&self) {
        let left = |(id, to): (&Id, &Dispatch)| to_subscriber(|| to.exit(id));
        let _ = self.0.as_ref().and_then(|span| span.with_subscriber(left));
    }
}

// The drop may happen while a panic of the body goes on: a second panic would abort the process.
impl Drop for CallSpan {
    fn drop(&mut self) {
        if let Some(span) = self.0.take() {
            to_subscriber(|| drop(span));
        }
    }
}
