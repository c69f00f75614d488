//! The counts of a breaker.

use super::settings::BreakerSettings;
use super::window::Tally;

/// The counts of a breaker in its present state.
///
/// Closed and Shadow: the window. HalfOpen: the probes. Open: the window, or the probes, that made it
/// open. ForcedOpen and Disabled count nothing.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings};
///
/// let search = Breaker::new("search", BreakerSettings::new());
/// search.permit()?.success();
/// search.permit()?.failure();
/// let figures = search.figures();
/// assert_eq!((figures.calls, figures.failures, figures.successes()), (2, 1, 1));
/// # Ok::<(), retry_runtime::breaker::CircuitOpen>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default))]
pub struct Figures {
    /// Calls that were counted.
    pub calls: u32,
    /// Calls that failed.
    pub failures: u32,
    /// Calls that were slow, failed or not.
    pub slow: u32,
    /// Failures by calls; `None` below the minimum of calls.
    pub failure_rate: Option<f64>,
    /// Slow calls by calls; `None` below the minimum of calls.
    pub slow_rate: Option<f64>,
    /// Failures since the last success, or since a pause of more than `forget`.
    pub consecutive: u32,
    /// Calls in a row that their callers dropped while an answer was due, and none has come.
    pub dropped: u32,
    /// Probes under way; calls under way are not counted in other states.
    pub in_flight: u32,
    /// Calls that were refused since the state began.
    pub rejected: u64,
    /// Whether the counts are enough to open: in Shadow, whether they would have opened.
    pub trips: bool,
}

impl Figures {
    /// The figures of a tally; there are no rates below the minimum of calls.
    pub(super) fn of(tally: Tally, settings: &BreakerSettings) -> Self {
        let rate = |part: u32| {
            (tally.calls >= settings.enough_calls())
                .then(|| f64::from(part) / f64::from(tally.calls))
        };
        Figures {
            calls: tally.calls,
            failures: tally.failures,
            slow: tally.slow,
            failure_rate: rate(tally.failures),
            slow_rate: rate(tally.slow),
            ..Figures::default()
        }
    }

    /// Calls that succeeded, slow or not.
    #[inline]
    pub const fn successes(&self) -> u32 {
        self.calls - self.failures
    }
}
