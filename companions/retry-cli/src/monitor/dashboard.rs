//! A dashboard for Grafana.

use serde_json::{Value, json};

use super::panels::{Look, PANELS, Panel};
use super::query::Naming;

/// The dashboard, for Grafana's import.
pub(crate) fn dashboard(naming: Naming) -> Value {
    let (mut panels, mut at) = (Vec::new(), Place::default());
    for (number, panel) in PANELS.iter().enumerate() {
        panels.push(shown(panel, number + 1, at.next(panel.look), naming));
    }
    let variable = |name: &str, label: &str, query: &str| {
        json!({
            "name": name, "label": label, "type": "query", "datasource": source(), "query": naming.query(query),
            "refresh": 2, "multi": true, "includeAll": true, "allValue": ".*", "current": { "text": "All", "value": "$__all" },
        })
    };
    json!({
        "title": "Retries",
        "uid": "retry-runtime",
        "tags": ["retry"],
        "schemaVersion": 39,
        "editable": true,
        "refresh": "30s",
        "time": { "from": "now-1h", "to": "now" },
        "templating": { "list": [
            { "name": "source", "label": "Source", "type": "datasource", "query": "prometheus" },
            variable("job", "Program", "label_values(<retry.calls>, job)"),
            variable("site", "Function", "label_values(<retry.calls>{job=~\"$job\"}, <retry.site>)"),
        ] },
        "panels": panels,
    })
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${source}" })
}

/// The query as Grafana gets it.
pub(crate) fn expression(template: &str, naming: Naming) -> String {
    let selected = naming.query("job=~\"$job\",<retry.site>=~\"$site\"");
    let query = naming.query(template);
    let query = query.replace("@w", &selected).replace("@j", "job=~\"$job\"");
    query.replace("[@i]", "[$__rate_interval]")
}

fn shown(panel: &Panel, id: usize, place: Value, naming: Naming) -> Value {
    let kind = match panel.look {
        Look::Row => {
            return json!({ "id": id, "type": "row", "title": panel.title, "gridPos": place, "collapsed": false, "panels": [] });
        }
        Look::Stat => "stat",
        Look::Lines => "timeseries",
        Look::Heatmap => "heatmap",
        Look::States => "state-timeline",
    };
    let targets = panel.queries.iter().zip('A'..).map(|((template, legend), letter)| {
        let mut target = json!({
            "refId": letter.to_string(), "datasource": source(), "expr": expression(template, naming), "legendFormat": legend,
        });
        if panel.look == Look::Heatmap {
            target["format"] = "heatmap".into();
        }
        target
    });
    json!({
        "id": id, "type": kind, "title": panel.title, "description": panel.meaning, "gridPos": place, "datasource": source(),
        "targets": targets.collect::<Vec<_>>(),
        "fieldConfig": { "defaults": { "unit": panel.unit, "min": 0 }, "overrides": [] },
    })
}

/// The place of the next panel on a grid of 24 columns.
#[derive(Default)]
struct Place {
    x: u32,
    y: u32,
    height: u32,
}

impl Place {
    fn next(&mut self, look: Look) -> Value {
        let (width, height) = match look {
            Look::Row => (24, 1),
            Look::Stat => (6, 4),
            _ => (12, 8),
        };
        if self.x + width > 24 {
            self.x = 0;
            self.y += self.height;
        }
        let place = json!({ "x": self.x, "y": self.y, "w": width, "h": height });
        self.x += width;
        self.height = height;
        place
    }
}

#[cfg(test)]
mod tests {
    use super::super::alerts::tests::accepted;
    use super::super::query::mistakes;
    use super::*;

    #[test]
    fn every_query_names_metrics_and_attributes_that_exist() {
        let all = PANELS.iter().flat_map(|panel| panel.queries).map(|(template, _)| *template);
        let found: Vec<String> = all.flat_map(mistakes).collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn every_metric_is_shown() {
        let all: String =
            PANELS.iter().flat_map(|panel| panel.queries).map(|(template, _)| *template).collect();
        // Details for a query of one's own.
        let left_out = [
            "retry.budget.owed",
            "retry.tasks.submitted",
            "retry.tasks.started",
            "retry.tasks.attempts",
            "retry.tasks.orders",
            "retry.tasks.attempt.duration",
        ];
        for metric in super::super::query::metrics() {
            let is_shown = all.contains(&format!("<{}>", metric.name))
                || all.contains(&format!("<{}:", metric.name));
            assert_eq!(is_shown, !left_out.contains(&metric.name), "{}", metric.name);
        }
    }

    #[test]
    fn no_template_is_left_in_a_query() {
        for naming in [Naming::Prometheus, Naming::Otlp] {
            for (template, _) in PANELS.iter().flat_map(|panel| panel.queries) {
                let query = expression(template, naming);
                let is_clean = !query.contains('@') && !query.contains("<retry");
                assert!(is_clean, "{query}");
                assert_eq!(query.matches('(').count(), query.matches(')').count(), "{query}");
            }
        }
    }

    #[test]
    fn prometheus_accepts_the_queries() {
        for naming in [Naming::Prometheus, Naming::Otlp] {
            let mut rules = String::from("groups:\n  - name: queries\n    rules:\n");
            let queries = PANELS.iter().flat_map(|panel| panel.queries);
            for (number, (template, _)) in queries.clone().enumerate() {
                let query = expression(template, naming);
                // The values that Grafana puts in.
                let query = query.replace("$__rate_interval", "5m").replace(['\\', '\''], "");
                rules += &format!("      - record: query:{number}\n        expr: '{query}'\n");
            }
            accepted(&format!("queries-{naming:?}"), &rules, queries.count());
        }
    }

    #[test]
    fn panels_do_not_overlap() {
        let dashboard = dashboard(Naming::Prometheus);
        let mut taken = std::collections::BTreeSet::new();
        for panel in dashboard["panels"].as_array().unwrap() {
            let of = |field: &str| panel["gridPos"][field].as_u64().unwrap();
            for x in of("x")..of("x") + of("w") {
                for y in of("y")..of("y") + of("h") {
                    assert!(x < 24 && taken.insert((x, y)), "{} at {x},{y}", panel["title"]);
                }
            }
        }
    }
}
