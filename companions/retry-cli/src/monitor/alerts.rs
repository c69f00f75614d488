//! Alert rules for Prometheus.

use std::fmt::Write as _;

use super::query::Naming;

/// A rule: when it fires, how long that must last, how bad it is, and what to tell.
pub(crate) struct Rule {
    name: &'static str,
    pub(crate) when: &'static str,
    lasts: &'static str,
    severity: &'static str,
    summary: &'static str,
    advice: &'static str,
}

/// Rules are silent for functions that are hardly called: a single failure says nothing.
pub(crate) const RULES: &[Rule] = &[
    Rule {
        name: "RetryCallsFailing",
        when: "sum by (job, <retry.site>) (rate(<retry.calls>{<retry.outcome>=~\"failed|recovered\"}[5m])) / sum by (job, <retry.site>) (rate(<retry.calls>[5m])) > 0.05 and on (job, <retry.site>) sum by (job, <retry.site>) (rate(<retry.calls>[5m])) > 0.1",
        lasts: "5m",
        severity: "critical",
        summary: "{{ $labels.retry_site }}: {{ $value | humanizePercentage }} of the calls fail although they are retried",
        advice: "Look at the failures by kind and at the stop reasons of the function.",
    },
    Rule {
        name: "RetryHidesAnOutage",
        when: "sum by (job, <retry.site>) (rate(<retry.calls>{<retry.outcome>=\"after_retry\"}[15m])) / sum by (job, <retry.site>) (rate(<retry.calls>[15m])) > 0.2 and on (job, <retry.site>) sum by (job, <retry.site>) (rate(<retry.calls>[15m])) > 0.1",
        lasts: "15m",
        severity: "info",
        summary: "{{ $labels.retry_site }}: {{ $value | humanizePercentage }} of the calls need a retry",
        advice: "Callers see nothing yet. The dependency is not well.",
    },
    Rule {
        name: "RetryBudgetSpent",
        when: "sum by (job, <retry.site>) (rate(<retry.stops>{<retry.reason>=\"budget\"}[5m])) > 0 and on (job, <retry.site>) sum by (job, <retry.site>) (rate(<retry.calls>[5m])) > 0.1",
        lasts: "5m",
        severity: "warning",
        summary: "{{ $labels.retry_site }}: the retry budget is spent",
        advice: "Calls fail with their own failure at once, as meant: the dependency is down for this program.",
    },
    Rule {
        name: "RetryAmplificationHigh",
        when: "sum by (job, <retry.site>) (rate(<retry.attempts>[5m])) / (sum by (job, <retry.site>) (rate(<retry.calls>[5m])) - sum by (job, <retry.site>) (rate(<retry.calls.unattempted>[5m]))) > 1.5 and on (job, <retry.site>) sum by (job, <retry.site>) (rate(<retry.calls>[5m])) > 0.1",
        lasts: "10m",
        severity: "warning",
        summary: "{{ $labels.retry_site }}: {{ $value | printf \\\"%.1f\\\" }} attempts a call for 10 minutes",
        advice: "Retries add this much load to a dependency that fails. Lower `max`, or give the function a budget.",
    },
    Rule {
        name: "RetryBreakerOpen",
        when: "max by (job, <retry.breaker>) (<retry.breaker.state>{<retry.state>=~\"open|forced_open\"}) > 0",
        lasts: "2m",
        severity: "critical",
        summary: "the circuit breaker {{ $labels.retry_breaker }} has not closed for 2 minutes",
        advice: "Its dependency fails, or somebody has forced it open.",
    },
    Rule {
        name: "RetryBreakerFlaps",
        when: "sum by (job, <retry.breaker>) (increase(<retry.breaker.transitions>{<retry.state.to>=\"open\"}[15m])) > 10",
        lasts: "0m",
        severity: "warning",
        summary: "the circuit breaker {{ $labels.retry_breaker }} opened {{ $value | printf \\\"%.0f\\\" }} times in 15 minutes",
        advice: "Its probes succeed and its calls fail: raise `probes` or `open`, or look at the load.",
    },
    Rule {
        name: "RetryAmbiguousStops",
        when: "sum by (job, <retry.site>) (increase(<retry.stops>{<retry.reason>=\"ambiguous\"}[1h])) > 0",
        lasts: "0m",
        severity: "info",
        summary: "{{ $labels.retry_site }}: failures that may have taken effect were not retried",
        advice: "Declare the function `idempotent` if running it twice has the same effect as running it once.",
    },
    Rule {
        name: "RetryHintTooLong",
        when: "sum by (job, <retry.site>) (increase(<retry.stops>{<retry.reason>=\"retry_after_too_long\"}[15m])) > 0",
        lasts: "0m",
        severity: "warning",
        summary: "{{ $labels.retry_site }}: the server asks for pauses longer than `hint_cap`",
        advice: "Calls end instead of waiting. Raise `hint_cap`, or send less.",
    },
    Rule {
        name: "RetryConfigurationRefused",
        when: "sum by (job) (increase(<retry.configurations>{<retry.result>=\"refused\"}[15m])) > 0",
        lasts: "0m",
        severity: "warning",
        summary: "a configuration of retries was refused",
        advice: "The one before stays in force. `retry check FILE` names the mistakes.",
    },
    Rule {
        name: "RetryTasksFailing",
        when: "sum by (job, <retry.site>) (increase(<retry.tasks.ended>{<retry.state>=\"failed\"}[15m])) > 0",
        lasts: "0m",
        severity: "warning",
        summary: "{{ $labels.retry_site }}: tasks have failed for good",
        advice: "`retry tasks list --state failed` shows them, `retry tasks retry --all` runs them again.",
    },
    Rule {
        name: "RetryTasksQueueSlow",
        when: "histogram_quantile(0.95, sum by (job, le, <retry.site>) (rate(<retry.tasks.queue.duration:bucket>[5m]))) > 60",
        lasts: "10m",
        severity: "warning",
        summary: "{{ $labels.retry_site }}: due tasks wait more than a minute for a worker",
        advice: "Start more workers, or raise their concurrency.",
    },
    Rule {
        name: "RetryTasksNotTaken",
        when: "max by (job, <retry.site>) (<retry.tasks.oldest_due.age>) > 600",
        lasts: "5m",
        severity: "critical",
        summary: "{{ $labels.retry_site }}: a task is due for {{ $value | humanizeDuration }}",
        advice: "No worker of this version has the function, or a budget holds it back: `retry tasks counts`.",
    },
];

/// The rules as a file for Prometheus.
pub(crate) fn rules(naming: Naming) -> String {
    let mut text = String::from(
        "# Alert rules for programs with retry-runtime; made by `retry alerts`.\ngroups:\n  - name: retry\n    rules:\n",
    );
    for Rule { name, when, lasts, severity, summary, advice } in RULES {
        let when = naming.query(when).replace('\\', "\\\\").replace('"', "\\\"");
        let _ = write!(
            text,
            "      - alert: {name}\n        expr: \"{when}\"\n        for: {lasts}\n        labels: {{ severity: {severity} }}\n        annotations:\n          summary: \"{summary}\"\n          description: \"{advice}\"\n",
        );
    }
    text
}

#[cfg(test)]
pub(crate) mod tests {
    use std::process::Command;

    use super::super::query::mistakes;
    use super::*;

    /// Asks Prometheus' own tool whether a file has `count` valid rules; says so where the tool is not installed.
    #[track_caller]
    pub(crate) fn accepted(name: &str, rules: &str, count: usize) {
        let file = format!("retry-{name}-{}.yml", std::process::id());
        let path = std::env::temp_dir().join(file);
        std::fs::write(&path, rules).expect("a file");
        let checked = Command::new("promtool").arg("check").arg("rules").arg(&path).output();
        let _ = std::fs::remove_file(&path);
        let Ok(output) = checked else {
            println!("skipped: promtool is not installed");
            return;
        };
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let mistakes = String::from_utf8_lossy(&output.stderr);
        let is_accepted = output.status.success() && told.contains(&format!("{count} rules found"));
        assert!(is_accepted, "{told}{mistakes}");
    }

    #[test]
    fn every_rule_names_metrics_and_attributes_that_exist() {
        let found: Vec<String> = RULES.iter().flat_map(|rule| mistakes(rule.when)).collect();
        assert!(found.is_empty(), "{found:#?}");
    }

    #[test]
    fn prometheus_accepts_the_rules() {
        for naming in [Naming::Prometheus, Naming::Otlp] {
            accepted(&format!("alerts-{naming:?}"), &rules(naming), RULES.len());
        }
    }
}
