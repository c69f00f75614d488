//! The names that other libraries have for our arguments and settings.

/// Each of our names, with the names that other libraries have for it.
pub const NAMES: &[(&str, &[&str])] = &[
    ("max", &["max_retries", "retries", "retry", "times", "tries", "count", "n"]),
    ("attempts", &["max_attempts", "max_tries", "stop_after_attempt"]),
    (
        "base",
        &[
            "delay",
            "base_delay",
            "initial",
            "initial_delay",
            "min_delay",
            "wait",
            "interval",
            "min",
        ],
    ),
    ("cap", &["max_delay", "max_interval", "max_backoff", "max_wait", "ceiling"]),
    ("factor", &["multiplier", "growth", "exponent"]),
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
    ("timeout", &["attempt_timeout", "per_attempt", "time_limit"]),
    ("no_retry_after", &["retry_timeout", "stop_after_delay"]),
    ("reset_after", &["reset_duration", "healthy_after"]),
    ("on", &["retry_on", "kinds", "kind"]),
    ("when", &["retry_when", "condition", "predicate", "filter", "retryable_if"]),
    ("retry_if", &["retry_on_result", "retry_if_result", "until"]),
    ("recover", &["fallback", "or_else"]),
    ("cancel", &["token", "cancellation", "cancel_token"]),
    ("on_retry", &["notify", "before_sleep", "hook", "on_error"]),
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
///
/// ```
/// assert_eq!(retry_text::elsewhere::nearly("max_retrys"), Some("max"));
/// ```
pub fn nearly(word: &str) -> Option<&'static str> {
    let names: Vec<&str> = NAMES.iter().flat_map(|(_, names)| *names).copied().collect();
    ours(crate::within(word, &names, |_| 2)?)
}
