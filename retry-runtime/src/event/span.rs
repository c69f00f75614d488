//! The span of an attempt that is a retry.

/// A `tracing` span around one later attempt of a call, so that what its body logs says which attempt it
/// was. Without the feature `tracing` it is nothing.
#[derive(Clone, Debug)]
pub(crate) struct CallSpan {
    #[cfg(feature = "tracing")]
    span: tracing::Span,
}

impl CallSpan {
    /// The span of attempt `attempt` (from 2) of call `call`.
    #[cold]
    pub(crate) fn retry(
        site: &'static str,
        call: u64,
        attempt: u32,
        limit: Option<u32>,
    ) -> CallSpan {
        #[cfg(feature = "tracing")]
        {
            let span =
                tracing::info_span!(target: "retry_runtime", "retry", site, call, attempt, limit);
            CallSpan { span }
        }
        #[cfg(not(feature = "tracing"))]
        {
            let _ = (site, call, attempt, limit);
            CallSpan {}
        }
    }

    /// Runs code of the attempt inside of the span: the blocking body, or one poll of the future.
    pub(crate) fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        #[cfg(feature = "tracing")]
        {
            self.span.in_scope(work)
        }
        #[cfg(not(feature = "tracing"))]
        {
            work()
        }
    }
}
