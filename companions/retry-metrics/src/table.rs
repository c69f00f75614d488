//! The table of all metrics: their names, types and units.

/// How a metric is measured.
///
/// ```
/// use retry_metrics::{ALL, Instrument};
///
/// let counters = ALL.iter().filter(|metric| metric.instrument == Instrument::Counter);
/// assert!(counters.count() > 5);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Instrument {
    /// Only goes up.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution.
    Histogram,
}

/// A metric: its name and everything that a dashboard needs to know.
///
/// ```
/// for metric in retry_metrics::ALL {
///     println!("{} ({}): {}", metric.name, metric.unit, metric.description);
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The name, as OpenTelemetry writes names.
    pub name: &'static str,
    /// How it is measured.
    pub instrument: Instrument,
    /// The unit in UCUM, as OpenTelemetry writes units: `s`, `{call}`.
    pub unit: &'static str,
    /// The names of its attributes.
    pub attributes: &'static [&'static str],
    /// One line for people.
    pub description: &'static str,
}

/// Bounds for histograms of seconds, from a millisecond to ten minutes: for exporters that want them.
pub const SECONDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

/// Input: a row for each metric: its constant, instrument, name, unit, attributes and description.
/// Output: the constants, and [`ALL`] in the order of the rows.
macro_rules! metrics {
    ($($constant:ident = $instrument:ident $name:literal in $unit:literal, $attributes:tt $description:literal;)*) => {
        $(pub(super) const $constant: Metric =
            Metric::new($name, Instrument::$instrument, $unit, &$attributes, $description);)*

        /// Every metric, in the order of the table on the front page.
        pub const ALL: &[Metric] = &[$($constant),*];
    };
}

metrics! {
    CALLS = Counter "retry.calls" in "{call}",
        ["retry.site", "retry.outcome"] "calls that have ended";
    UNATTEMPTED = Counter "retry.calls.unattempted" in "{call}",
        ["retry.site"] "calls that ended before their first attempt";
    ATTEMPTS = Counter "retry.attempts" in "{attempt}",
        ["retry.site"] "attempts of calls that have ended";
    RETRIES = Counter "retry.retries" in "{retry}",
        ["retry.site", "retry.number"] "retries of calls that have ended, by their number";
    WASTED = Counter "retry.retries.wasted" in "{retry}",
        ["retry.site"] "retries of calls that failed all the same";
    FAILURES = Counter "retry.failures" in "{attempt}",
        ["retry.site", "retry.kind"] "attempts that failed, by the failure's kind";
    STOPS = Counter "retry.stops" in "{call}",
        ["retry.site", "retry.reason"] "calls by the reason why no further attempt was made";
    DELAY = Histogram "retry.delay" in "s",
        ["retry.site", "retry.delay.source"] "pauses before retries, as decided";
    DURATION = Histogram "retry.call.duration" in "s",
        ["retry.site", "retry.reason"] "time of calls that did not succeed at once, pauses included";
    ATTEMPT_DURATION = Histogram "retry.attempt.duration" in "s",
        ["retry.site"] "time of attempts, of functions that measure them";
    LIVE = Gauge "retry.live" in "{call}",
        ["retry.site"] "calls that are being retried now";
    ENABLED = Gauge "retry.enabled" in "{function}",
        ["retry.site"] "whether the function makes more than one attempt";
    CONFIGURATIONS = Counter "retry.configurations" in "{configuration}",
        ["retry.result"] "configurations that were applied or refused";
    STATE = Gauge "retry.breaker.state" in "{breaker}",
        ["retry.breaker", "retry.state"] "breakers of this name that are in this state";
    TRANSITIONS = Counter "retry.breaker.transitions" in "{transition}",
        ["retry.breaker", "retry.state.from", "retry.state.to"] "changes of a breaker's state";
    REJECTIONS = Counter "retry.breaker.rejections" in "{attempt}",
        ["retry.breaker"] "attempts that a breaker refused";
    TOKENS = Gauge "retry.budget.tokens" in "{token}",
        ["retry.budget"] "tokens that are left for retries";
    OWED = Gauge "retry.budget.owed" in "{token}",
        ["retry.budget"] "tokens that a budget owes";
    CAPACITY = Gauge "retry.budget.capacity" in "{token}",
        ["retry.budget"] "tokens that a budget may owe";
}

impl Metric {
    /// A metric of these properties, in the order of the fields.
    pub const fn new(
        name: &'static str,
        instrument: Instrument,
        unit: &'static str,
        attributes: &'static [&'static str],
        description: &'static str,
    ) -> Self {
        Metric { name, instrument, unit, attributes, description }
    }

    /// Describes the metric to the installed exporter.
    pub fn describe(&self) {
        let Metric { name, instrument, unit, description, .. } = *self;
        // The crate `metrics` has no unit for `{call}` and the like.
        let unit = if unit == "s" { metrics::Unit::Seconds } else { metrics::Unit::Count };
        match instrument {
            Instrument::Counter => metrics::describe_counter!(name, unit, description),
            Instrument::Gauge => metrics::describe_gauge!(name, unit, description),
            Instrument::Histogram => metrics::describe_histogram!(name, unit, description),
        }
    }
}

/// Describes all metrics to the installed exporter.
pub(super) fn describe() {
    ALL.iter().for_each(Metric::describe);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_attributes_are_written_as_opentelemetry_wants_them() {
        for metric in ALL {
            for name in metric.attributes.iter().chain([&metric.name]) {
                assert!(name.starts_with("retry."), "{name}");
                assert!(
                    name.chars().all(|c| c.is_ascii_lowercase() || c == '.' || c == '_'),
                    "{name}"
                );
            }
            assert!(metric.unit == "s" || metric.unit.starts_with('{'), "{metric:?}");
        }
    }
}
