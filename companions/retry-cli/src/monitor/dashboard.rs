//! A dashboard for Grafana.

use serde_json::{Value, json};

use super::query::Naming;

/// A panel: how it looks, its title and unit, what it means, and its queries with their legends.
pub(crate) struct Panel {
    look: Look,
    title: &'static str,
    unit: &'static str,
    meaning: &'static str,
    pub(crate) queries: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    Row,
    Stat,
    Lines,
    Heatmap,
    States,
}

const fn row(title: &'static str) -> Panel {
    Panel { look: Look::Row, title, unit: "", meaning: "", queries: &[] }
}

/// `@w` is the selection of the variables; `$i` Grafana's interval.
pub(crate) const PANELS: &[Panel] = &[
    row("Calls"),
    Panel {
        look: Look::Stat,
        title: "Calls that fail",
        unit: "percentunit",
        meaning: "Calls that failed although they were retried, of all calls that ended.",
        queries: &[(
            "sum(rate(<retry.calls>{@w,<retry.outcome>=~\"failed|recovered\"}[@i])) / sum(rate(<retry.calls>{@w}[@i]))",
            "",
        )],
    },
    Panel {
        look: Look::Stat,
        title: "Calls that a retry saved",
        unit: "percentunit",
        meaning: "Calls that would have failed without retries. A share that grows is an outage that nobody sees yet.",
        queries: &[(
            "sum(rate(<retry.calls>{@w,<retry.outcome>=\"after_retry\"}[@i])) / sum(rate(<retry.calls>{@w}[@i]))",
            "",
        )],
    },
    Panel {
        look: Look::Stat,
        title: "Amplification",
        unit: "none",
        meaning: "Attempts for each call that made one. 1 is no retry; the load on the dependency grows by this factor.",
        queries: &[(
            "sum(rate(<retry.attempts>{@w}[@i])) / (sum(rate(<retry.calls>{@w}[@i])) - (sum(rate(<retry.calls.unattempted>{@w}[@i])) or vector(0)))",
            "",
        )],
    },
    Panel {
        look: Look::Stat,
        title: "Being retried now",
        unit: "none",
        meaning: "Calls that wait for their next attempt, or make one after a failure.",
        queries: &[("sum(<retry.live>{@w})", "")],
    },
    Panel {
        look: Look::Lines,
        title: "Calls by outcome",
        unit: "cps",
        meaning: "Calls that ended, a second.",
        queries: &[("sum by (<retry.outcome>) (rate(<retry.calls>{@w}[@i]))", "{{retry_outcome}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Amplification by function",
        unit: "none",
        meaning: "Attempts for each call.",
        queries: &[(
            "sum by (<retry.site>) (rate(<retry.attempts>{@w}[@i])) / sum by (<retry.site>) (rate(<retry.calls>{@w}[@i]))",
            "{{retry_site}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Why no further attempt was made",
        unit: "cps",
        meaning: "Calls that did not succeed, by their stop reason.",
        queries: &[(
            "sum by (<retry.reason>) (rate(<retry.stops>{@w,<retry.reason>!=\"success\"}[@i]))",
            "{{retry_reason}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Failed attempts by kind",
        unit: "cps",
        meaning: "What the failures mean for retrying.",
        queries: &[("sum by (<retry.kind>) (rate(<retry.failures>{@w}[@i]))", "{{retry_kind}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Retries by number",
        unit: "cps",
        meaning: "First retries, second ones, and so on; 16 stands for all further ones.",
        queries: &[("sum by (<retry.number>) (rate(<retry.retries>{@w}[@i]))", "{{retry_number}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Wasted retries",
        unit: "cps",
        meaning: "Retries of calls that failed all the same.",
        queries: &[(
            "sum by (<retry.site>) (rate(<retry.retries.wasted>{@w}[@i]))",
            "{{retry_site}}",
        )],
    },
    row("Time"),
    Panel {
        look: Look::Heatmap,
        title: "Pauses",
        unit: "s",
        meaning: "The lengths of the pauses before retries.",
        queries: &[("sum by (le) (rate(<retry.delay:bucket>{@w}[@i]))", "{{le}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Duration of calls that did not succeed at once",
        unit: "s",
        meaning: "Pauses included. Functions with a deadline or a timeout are timed.",
        queries: &[
            (
                "histogram_quantile(0.5, sum by (le) (rate(<retry.call.duration:bucket>{@w}[@i])))",
                "half",
            ),
            (
                "histogram_quantile(0.95, sum by (le) (rate(<retry.call.duration:bucket>{@w}[@i])))",
                "95 %",
            ),
        ],
    },
    row("Budgets and breakers"),
    Panel {
        look: Look::Lines,
        title: "Retry budget left",
        unit: "percentunit",
        meaning: "0 means that retries are refused: calls fail with their own failure at once.",
        queries: &[(
            "min by (<retry.budget>) (<retry.budget.tokens>{@j} / <retry.budget.capacity>{@j})",
            "{{retry_budget}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Retries that a budget refused",
        unit: "cps",
        meaning: "Calls that ended because no retry was left in the budget.",
        queries: &[(
            "sum by (<retry.site>) (rate(<retry.stops>{@w,<retry.reason>=\"budget\"}[@i]))",
            "{{retry_site}}",
        )],
    },
    Panel {
        look: Look::States,
        title: "Breakers",
        unit: "none",
        meaning: "3 is forced open, 2 open, 1 half-open, 0 closed.",
        queries: &[(
            "max by (<retry.breaker>) (label_replace((<retry.breaker.state>{@j,<retry.state>=\"forced_open\"} > 0) * 3, \"retry_state\", \"\", \"\", \"\") or label_replace((<retry.breaker.state>{@j,<retry.state>=\"open\"} > 0) * 2, \"retry_state\", \"\", \"\", \"\") or label_replace((<retry.breaker.state>{@j,<retry.state>=\"half_open\"} > 0) * 1, \"retry_state\", \"\", \"\", \"\") or label_replace((<retry.breaker.state>{@j,<retry.state>=\"closed\"} > 0) * 0, \"retry_state\", \"\", \"\", \"\"))",
            "{{retry_breaker}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Attempts that breakers refused",
        unit: "cps",
        meaning: "Nothing was sent for them.",
        queries: &[(
            "sum by (<retry.breaker>) (rate(<retry.breaker.rejections>{@j}[@i]))",
            "{{retry_breaker}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Changes of breakers",
        unit: "none",
        meaning: "A breaker that changes all the time has settings that do not fit.",
        queries: &[(
            "sum by (<retry.breaker>, <retry.state.to>) (increase(<retry.breaker.transitions>{@j}[@i]))",
            "{{retry_breaker}} to {{retry_state_to}}",
        )],
    },
    row("Operations"),
    Panel {
        look: Look::Lines,
        title: "Configurations",
        unit: "none",
        meaning: "Configurations that were applied, and those that were refused for a mistake.",
        queries: &[(
            "sum by (<retry.result>) (increase(<retry.configurations>{@j}[@i]))",
            "{{retry_result}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Functions whose retries are off",
        unit: "none",
        meaning: "Functions that make one attempt, by their attribute or by a configuration.",
        queries: &[("count by (<retry.site>) (<retry.enabled>{@w} == 0)", "{{retry_site}}")],
    },
    row("Tasks"),
    Panel {
        look: Look::Lines,
        title: "Tasks in the store",
        unit: "none",
        meaning: "By state.",
        queries: &[("max by (<retry.state>) (<retry.tasks.present>{@j})", "{{retry_state}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Tasks that wait",
        unit: "none",
        meaning: "Due, held back by a budget, or scheduled for later.",
        queries: &[("max by (<retry.queue>) (<retry.tasks.queued>{@j})", "{{retry_queue}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Age of the oldest due task",
        unit: "s",
        meaning: "A number that grows says that no worker takes the tasks of this function.",
        queries: &[("max by (<retry.site>) (<retry.tasks.oldest_due.age>{@w})", "{{retry_site}}")],
    },
    Panel {
        look: Look::Lines,
        title: "Tasks that ended",
        unit: "cps",
        meaning: "By state and reason.",
        queries: &[(
            "sum by (<retry.state>, <retry.reason>) (rate(<retry.tasks.ended>{@w}[@i]))",
            "{{retry_state}} {{retry_reason}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Wait of due tasks",
        unit: "s",
        meaning: "The time between the due time and the start of an attempt, of 95 % of the attempts.",
        queries: &[(
            "histogram_quantile(0.95, sum by (le, <retry.site>) (rate(<retry.tasks.queue.duration:bucket>{@w}[@i])))",
            "{{retry_site}}",
        )],
    },
    Panel {
        look: Look::Lines,
        title: "Attempts held back by a budget or a breaker",
        unit: "cps",
        meaning: "They are made later.",
        queries: &[(
            "sum by (<retry.site>) (rate(<retry.tasks.held_back>{@w}[@i]))",
            "{{retry_site}}",
        )],
    },
];

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
