//! The panels of the dashboard, and their queries.

/// A panel: how it looks, its title and unit, what it means, and its queries with their legends.
pub(super) struct Panel {
    pub(super) look: Look,
    pub(super) title: &'static str,
    pub(super) unit: &'static str,
    pub(super) meaning: &'static str,
    pub(super) queries: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
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
pub(super) const PANELS: &[Panel] = &[
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
        meaning: "Attempts for each call that made one.",
        queries: &[(
            "sum by (<retry.site>) (rate(<retry.attempts>{@w}[@i])) / (sum by (<retry.site>) (rate(<retry.calls>{@w}[@i])) - sum by (<retry.site>) (rate(<retry.calls.unattempted>{@w}[@i])))",
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
    Panel {
        look: Look::Lines,
        title: "Duration of attempts",
        unit: "s",
        meaning: "Single attempts, also those of calls that succeed at once. Functions with `measure`.",
        queries: &[
            (
                "histogram_quantile(0.5, sum by (le) (rate(<retry.attempt.duration:bucket>{@w}[@i])))",
                "half",
            ),
            (
                "histogram_quantile(0.99, sum by (le) (rate(<retry.attempt.duration:bucket>{@w}[@i])))",
                "99 %",
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
    Panel {
        look: Look::Lines,
        title: "Workers",
        unit: "none",
        meaning: "Workers that take tasks, by program. None of them is a program that only submits.",
        queries: &[("sum by (job) (<retry.tasks.workers>{@j})", "{{job}}")],
    },
];
