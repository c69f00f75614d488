//! What there is: the names, their types and their units.

/// How a metric is measured.
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

/// A metric: its name, and what a dashboard needs to know about it.
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
    /// What it is.
    pub description: &'static str,
}

/// Bounds for histograms of seconds, from a millisecond to ten minutes: for exporters that want them.
pub const SECONDS: &[f64] = &[
    0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

pub(super) const CALLS: Metric = Metric {
    name: "retry.calls",
    instrument: Instrument::Counter,
    unit: "{call}",
    attributes: &["retry.site", "retry.outcome"],
    description: "calls that have ended",
};

pub(super) const ATTEMPTS: Metric = Metric {
    name: "retry.attempts",
    instrument: Instrument::Counter,
    unit: "{attempt}",
    attributes: &["retry.site"],
    description: "attempts of calls that have ended",
};

pub(super) const RETRIES: Metric = Metric {
    name: "retry.retries",
    instrument: Instrument::Counter,
    unit: "{retry}",
    attributes: &["retry.site", "retry.number"],
    description: "retries of calls that have ended, by their number",
};

pub(super) const WASTED: Metric = Metric {
    name: "retry.retries.wasted",
    instrument: Instrument::Counter,
    unit: "{retry}",
    attributes: &["retry.site"],
    description: "retries of calls that failed all the same",
};

pub(super) const FAILURES: Metric = Metric {
    name: "retry.failures",
    instrument: Instrument::Counter,
    unit: "{attempt}",
    attributes: &["retry.site", "retry.kind"],
    description: "attempts that failed, by the failure's kind",
};

pub(super) const STOPS: Metric = Metric {
    name: "retry.stops",
    instrument: Instrument::Counter,
    unit: "{call}",
    attributes: &["retry.site", "retry.reason"],
    description: "calls by the reason why no further attempt was made",
};

pub(super) const DELAY: Metric = Metric {
    name: "retry.delay",
    instrument: Instrument::Histogram,
    unit: "s",
    attributes: &["retry.site", "retry.delay.source"],
    description: "pauses before retries, as decided",
};

pub(super) const DURATION: Metric = Metric {
    name: "retry.call.duration",
    instrument: Instrument::Histogram,
    unit: "s",
    attributes: &["retry.site", "retry.reason"],
    description: "time of calls that did not succeed at once, pauses included",
};

pub(super) const LIVE: Metric = Metric {
    name: "retry.live",
    instrument: Instrument::Gauge,
    unit: "{call}",
    attributes: &["retry.site"],
    description: "calls that are being retried now",
};

pub(super) const STATE: Metric = Metric {
    name: "retry.breaker.state",
    instrument: Instrument::Gauge,
    unit: "{breaker}",
    attributes: &["retry.breaker", "retry.state"],
    description: "breakers of this name that are in this state",
};

pub(super) const TRANSITIONS: Metric = Metric {
    name: "retry.breaker.transitions",
    instrument: Instrument::Counter,
    unit: "{transition}",
    attributes: &["retry.breaker", "retry.state.from", "retry.state.to"],
    description: "changes of a breaker's state",
};

pub(super) const REJECTIONS: Metric = Metric {
    name: "retry.breaker.rejections",
    instrument: Instrument::Counter,
    unit: "{attempt}",
    attributes: &["retry.breaker"],
    description: "attempts that a breaker refused",
};

pub(super) const TOKENS: Metric = Metric {
    name: "retry.budget.tokens",
    instrument: Instrument::Gauge,
    unit: "{token}",
    attributes: &["retry.budget"],
    description: "tokens that are left for retries",
};

pub(super) const CAPACITY: Metric = Metric {
    name: "retry.budget.capacity",
    instrument: Instrument::Gauge,
    unit: "{token}",
    attributes: &["retry.budget"],
    description: "tokens of a budget's full bucket",
};

/// Every metric, in the order of the table above.
pub const ALL: &[Metric] = &[
    CALLS,
    ATTEMPTS,
    RETRIES,
    WASTED,
    FAILURES,
    STOPS,
    DELAY,
    DURATION,
    LIVE,
    STATE,
    TRANSITIONS,
    REJECTIONS,
    TOKENS,
    CAPACITY,
];

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

    /// Tells the installed exporter what the metric is.
    pub fn describe(&self) {
        let Metric { name, instrument, unit, description, .. } = *self;
        // The crate knows neither `{call}` nor its kin.
        let unit = if unit == "s" { metrics::Unit::Seconds } else { metrics::Unit::Count };
        match instrument {
            Instrument::Counter => metrics::describe_counter!(name, unit, description),
            Instrument::Gauge => metrics::describe_gauge!(name, unit, description),
            Instrument::Histogram => metrics::describe_histogram!(name, unit, description),
        }
    }
}

/// Tells the exporter what the metrics are.
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
