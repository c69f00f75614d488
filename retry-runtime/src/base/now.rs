//! What a handle is told about the time: the moment itself, or a clock to ask if it matters.

use std::time::Instant;

/// A moment, or a clock that names one when asked.
///
/// Breakers and budgets never read a clock on their own account: the caller passes the time. On their
/// hot paths most do not need it at all, so that a clock (`Instant::now`, without the parentheses) can
/// be passed in place of a moment and is then asked only if the answer depends on it.
///
/// ```
/// use retry_runtime::Now;
/// use std::time::Instant;
///
/// fn log(now: impl Now) -> Instant {
///     now.now()
/// }
///
/// let moment = Instant::now();
/// assert_eq!(log(moment), moment);
/// assert!(log(Instant::now) >= moment);
/// ```
pub trait Now {
    /// The moment.
    fn now(self) -> Instant;
}

impl Now for Instant {
    #[inline]
    fn now(self) -> Instant {
        self
    }
}

impl<F: FnOnce() -> Instant> Now for F {
    #[inline]
    fn now(self) -> Instant {
        self()
    }
}
