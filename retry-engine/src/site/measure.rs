//! The latency of a function with `measure`: how long its attempts run.

use std::sync::OnceLock;
use std::time::Duration;

use super::applied::Effective;
use super::function::Site;
use crate::base::histogram::Histogram;
use crate::report::latency::Latency;

/// The durations of a function's attempts; made by the first one that is measured.
#[derive(Debug)]
pub(super) struct Measured(OnceLock<Histogram>);

impl Measured {
    pub(super) const fn new() -> Self {
        Measured(OnceLock::new())
    }

    #[inline]
    pub(super) fn clear(&self) {
        if let Some(histogram) = self.0.get() {
            histogram.clear();
        }
    }
}

impl Site {
    /// Whether attempts are measured: the attribute's `measure`, or that of a configuration.
    #[inline]
    pub(crate) fn is_measured_under(&self, effective: Option<&'static Effective>) -> bool {
        effective.map_or(self.meta.measured, |effective| effective.measure)
    }

    /// Whether the attribute says `measure`. `retry_config::explain` tells whether a configuration says otherwise.
    #[inline]
    pub fn is_measured(&self) -> bool {
        self.meta.measured
    }

    /// An attempt has ended that ran for so long.
    #[cold]
    #[inline(never)]
    pub(crate) fn measure(&self, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.measured.0.get_or_init(Histogram::new).add(nanos);
    }

    /// The durations of the function's attempts, those with a label included; `None` while none was measured.
    ///
    /// Attempts are measured with `measure` in the attribute, or with `measure = true` in a configuration. Each costs two
    /// readings of the clock and an atomic addition; other functions pay nothing.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// #[retryable(measure, name = "docs::measured")]
    /// fn load() -> std::io::Result<u32> { Ok(1) }
    ///
    /// load()?;
    /// let site = retry_runtime::site("docs::measured").expect("the function is linked");
    /// let latency = site.latency().expect("an attempt was measured");
    /// assert!(latency.p99() >= latency.p50());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[inline]
    pub fn latency(&self) -> Option<Latency> {
        let mut latency: Option<Latency> = None;
        if let Some(histogram) = self.measured.0.get() {
            latency.get_or_insert_default().add_counts(histogram.counts());
        }
        for of_part in self.parts().iter().filter_map(|part| part.latency()) {
            latency.get_or_insert_default().add(&of_part);
        }
        latency
    }
}
