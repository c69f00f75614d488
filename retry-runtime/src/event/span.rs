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

    /// Whether anybody would see one.
    #[inline]
    pub(crate) fn is_wanted() -> bool {
        #[cfg(feature = "tracing")]
        {
            use tracing::level_filters::LevelFilter;
            LevelFilter::current() >= LevelFilter::INFO
        }
        #[cfg(not(feature = "tracing"))]
        {
            false
        }
    }

    /// The code that runs until the guard is dropped is inside of the span: the blocking body, or one poll of
    /// the future.
    pub(crate) fn enter(&self) -> Inside<'_> {
        Inside {
            #[cfg(feature = "tracing")]
            _entered: self.span.enter(),
            #[cfg(not(feature = "tracing"))]
            _span: self,
        }
    }
}

/// Leaves the span when it is dropped.
pub(crate) struct Inside<'s> {
    #[cfg(feature = "tracing")]
    _entered: tracing::span::Entered<'s>,
    #[cfg(not(feature = "tracing"))]
    _span: &'s CallSpan,
}
