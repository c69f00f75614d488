//! The names that other libraries have for our arguments and settings.

/// Each of our names, with the names that other libraries have for it.
pub const NAMES: &[(&str, &[&str])] = &[
    (
        "max",
        &[
            "max_retries",
            "retries",
            "retry",
            "times",
            "count",
            "n",
            "num_retries",
            "retry_count",
            "max_retry",
            "maximum",
            "maximum_retries",
            "number_of_retries",
        ],
    ),
    (
        "attempts",
        &[
            "max_attempts",
            "max_tries",
            "tries",
            "stop_after_attempt",
            "max_attempt",
            "num_attempts",
            "attempt_limit",
        ],
    ),
    (
        "base",
        &[
            "delay",
            "base_delay",
            "retry_delay",
            "retry_after",
            "retry_interval",
            "wait_time",
            "sleep_time",
            "min_backoff",
            "first_delay",
            "period",
            "initial_interval",
            "initial_backoff",
            "backoff_base",
            "initial",
            "initial_delay",
            "min_delay",
            "wait",
            "interval",
            "min",
        ],
    ),
    (
        "cap",
        &[
            "max_delay",
            "max_interval",
            "max_backoff",
            "max_wait",
            "ceiling",
            "wait_max",
            "delay_max",
            "max_sleep",
        ],
    ),
    (
        "factor",
        &[
            "multiplier",
            "growth",
            "exponent",
            "exp_base",
            "backoff_factor",
            "backoff_multiplier",
            "rate",
        ],
    ),
    ("backoff", &["strategy", "delays"]),
    ("jitter", &["randomize", "randomized", "random"]),
    (
        "deadline",
        &[
            "total_timeout",
            "max_elapsed",
            "max_elapsed_time",
            "max_duration",
            "total_delay",
            "overall",
        ],
    ),
    (
        "timeout",
        &[
            "attempt_timeout",
            "per_attempt",
            "time_limit",
            "per_attempt_timeout",
            "per_try_timeout",
            "call_timeout",
        ],
    ),
    ("no_retry_after", &["retry_timeout", "stop_after_delay"]),
    ("reset_after", &["reset_duration", "healthy_after"]),
    ("on", &["retry_on", "kinds", "kind"]),
    ("when", &["retry_when", "condition", "predicate", "filter", "retryable_if"]),
    ("retry_if", &["retry_on_result", "retry_if_result", "until"]),
    ("recover", &["fallback", "or_else"]),
    ("cancel", &["token", "cancellation", "cancel_token"]),
    (
        "on_retry",
        &["notify", "before_sleep", "hook", "on_error", "before_retry_sleep", "retry_listener"],
    ),
    ("attempt", &["context", "ctx"]),
    ("name", &["id", "label"]),
    ("policy", &["preset", "config", "profile"]),
];

/// Our name for an argument that another library calls `word`.
///
/// ```
/// assert_eq!(retry_text::elsewhere::ours("max_delay"), Some("cap"));
/// ```
pub fn ours(word: &str) -> Option<&'static str> {
    NAMES.iter().find(|(_, names)| names.contains(&word)).map(|(ours, _)| *ours)
}

/// Our name for the argument whose name in another library is nearest to `word`, at most two edits away.
pub fn nearly(word: &str) -> Option<&'static str> {
    let names: Vec<&str> = NAMES.iter().flat_map(|(_, names)| *names).copied().collect();
    ours(crate::within(word, &names, |_| 2)?)
}
