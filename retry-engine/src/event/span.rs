//! The `tracing` span of an attempt.

use tracing::Dispatch;
use tracing::level_filters::LevelFilter;
use tracing::span::Id;

use super::trace::{is_on, to_subscriber};
use crate::report::attempt::CallId;

/// A `tracing` span around one attempt, so that the log lines of its body carry the attempt's number. Empty if the
/// subscriber panicked, or made the call itself.
#[derive(Debug)]
pub(crate) struct CallSpan(Option<tracing::Span>);

impl CallSpan {
    /// The span of an attempt of call `call`.
    ///
    /// A retry has the field of OpenTelemetry's semantic conventions for HTTP clients, which is "the ordinal number of request
    /// resending attempt" and is absent from a first request. Signed: bridges to OpenTelemetry make texts of unsigned numbers.
    #[cold]
    pub(crate) fn of(site: &'static str, call: u64, attempt: u32, limit: Option<u32>) -> Self {
        CallSpan(to_subscriber(|| match attempt.checked_sub(1) {
            None | Some(0) => {
                tracing::debug_span!(target: "retry_runtime", "attempt", site, call, attempt, limit)
            }
            Some(resent) => {
                tracing::debug_span!(target: "retry_runtime", "retry", site, call, attempt, limit, http.request.resend_count = i64::from(resent))
            }
        }))
    }

    /// The span of an attempt of a task, around all that the engine and the body write. Empty without a subscriber.
    ///
    /// At the level error, so that no filter by level lets a line through and takes the task's identifier from it.
    pub(crate) fn of_task(site: &'static str, task: CallId, attempt: u32) -> Self {
        let open =
            || tracing::error_span!(target: "retry_runtime", "task", task = %task, site, attempt);
        CallSpan(if is_on() { to_subscriber(open) } else { None })
    }

    /// Runs this part of an attempt inside the span. The part may panic.
    pub(crate) fn scope<T>(&self, part: impl FnOnce() -> T) -> T {
        struct Leave<'s>(&'s CallSpan);
        impl Drop for Leave<'_> {
            fn drop(&mut self) {
                self.0.leave();
            }
        }
        let _leave = self.enter().then(|| Leave(self));
        part()
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
