//! Queries for Prometheus with the names of metrics as the code has them, and as an exporter writes them.

use retry_metrics::{Instrument, Metric};

/// How an exporter writes the names of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Naming {
    /// The exporter of the crate `metrics` for Prometheus: `retry_calls`, `retry_delay`.
    Prometheus,
    /// OpenTelemetry's rules: `retry_calls_total`, `retry_delay_seconds`
    /// ([Prometheus compatibility](https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/)).
    Otlp,
}

/// Every metric of calls and of tasks.
pub(crate) fn metrics() -> impl Iterator<Item = &'static Metric> {
    #[cfg(feature = "tasks")]
    let tasks = retry_tasks::metrics::ALL;
    #[cfg(not(feature = "tasks"))]
    let tasks: &[Metric] = &[];
    retry_metrics::ALL.iter().chain(tasks)
}

impl Naming {
    /// A query in which each name in angle brackets is written as the exporter does: `<retry.calls>` is a metric,
    /// `<retry.delay:bucket>` the buckets of a histogram, `<retry.site>` an attribute.
    pub(crate) fn query(self, template: &str) -> String {
        let mut query = String::with_capacity(template.len());
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('<') {
            query += before;
            match after.split_once('>').filter(|(name, _)| name.starts_with("retry.")) {
                Some((name, after)) => {
                    query += &self.name(name);
                    rest = after;
                }
                // A comparison.
                None => {
                    query.push('<');
                    rest = after;
                }
            }
        }
        query + rest
    }

    fn name(self, written: &str) -> String {
        let (name, part) = written.split_once(':').unwrap_or((written, ""));
        let mut text = name.replace('.', "_");
        let metric = metrics().find(|metric| metric.name == name);
        if let Some(metric) = metric.filter(|_| self == Naming::Otlp) {
            // Units in braces are notes, and are dropped.
            if metric.unit == "s" {
                text += "_seconds";
            }
            if metric.instrument == Instrument::Counter {
                text += "_total";
            }
        }
        if !part.is_empty() {
            text.push('_');
            text += part;
        }
        text
    }
}

/// The mistakes in a template: names that no metric and no attribute has, attributes that the metric before them does not
/// have, and functions that do not fit the instrument.
#[cfg(test)]
pub(crate) fn mistakes(template: &str) -> Vec<String> {
    let mut mistakes = Vec::new();
    let mut metric: Option<&'static Metric> = None;
    let mut used: Vec<&'static Metric> = Vec::new();
    let mut asked: Vec<&str> = Vec::new();
    for (at, piece) in template.split('<').enumerate().skip(1) {
        let Some((name, _)) = piece.split_once('>').filter(|(name, _)| name.starts_with("retry."))
        else {
            continue;
        };
        let before = template.split('<').take(at).collect::<Vec<_>>().join("<");
        let (name, part) = name.split_once(':').unwrap_or((name, ""));
        if let Some(found) = metrics().find(|metric| metric.name == name) {
            let is_rated = ["rate(", "increase("].iter().any(|it| before.trim_end().ends_with(it));
            let fits = match found.instrument {
                Instrument::Counter => is_rated && part.is_empty(),
                Instrument::Gauge => !is_rated && part.is_empty(),
                Instrument::Histogram => is_rated && part == "bucket",
                _ => false,
            };
            if !fits {
                mistakes.push(format!("{name} is a {:?}: {template}", found.instrument));
            }
            metric = Some(found);
            used.push(found);
        } else if metric.is_some_and(|metric| metric.attributes.contains(&name)) {
        } else {
            asked.push(name);
        }
    }
    // `sum by (<retry.site>)` stands before its metric.
    for name in asked {
        if !used.iter().any(|metric| metric.attributes.contains(&name)) {
            mistakes.push(format!("no metric has {name}: {template}"));
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_as_each_exporter_does() {
        let template =
            "sum by (<retry.site>) (rate(<retry.calls>[5m])) < 1 and <retry.delay:bucket> > 2";
        assert_eq!(
            Naming::Prometheus.query(template),
            "sum by (retry_site) (rate(retry_calls[5m])) < 1 and retry_delay_bucket > 2"
        );
        assert_eq!(
            Naming::Otlp.query(template),
            "sum by (retry_site) (rate(retry_calls_total[5m])) < 1 and retry_delay_seconds_bucket > 2"
        );
    }

    #[test]
    fn a_name_that_no_metric_has_is_a_mistake() {
        assert_eq!(mistakes("rate(<retry.calls>{<retry.outcome>=\"failed\"}[5m])"), [""; 0]);
        assert_eq!(mistakes("sum by (<retry.site>) (rate(<retry.calls>[5m]))"), [""; 0]);
        for wrong in [
            "rate(<retry.call>[5m])",
            "rate(<retry.calls>{<retry.kind>=\"x\"}[5m])",
            "sum(<retry.calls>)",
            "rate(<retry.live>[5m])",
            "rate(<retry.delay>[5m])",
        ] {
            assert_eq!(mistakes(wrong).len(), 1, "{wrong}");
        }
    }
}
