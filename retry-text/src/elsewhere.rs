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

/// Our names for the settings of a breaker, with those of other libraries.
pub const BREAKER: &[(&str, &[&str])] = &[
    (
        "rate",
        &[
            "threshold",
            "failure_rate",
            "failure_rate_threshold",
            "failure_ratio",
            "error_rate",
            "ratio",
            "error_threshold",
            "error_threshold_percentage",
            "percent",
            "percentage",
            "fail_rate",
            "failure_percentage",
        ],
    ),
    (
        "window",
        &[
            "window_size",
            "sliding_window",
            "sliding_window_size",
            "size",
            "samples",
            "sample_size",
            "sampling_duration",
            "window_duration",
            "buckets",
            "rolling_window",
            "interval",
        ],
    ),
    (
        "min_calls",
        &[
            "minimum_calls",
            "minimum_number_of_calls",
            "min_requests",
            "minimum_throughput",
            "min_throughput",
            "volume_threshold",
            "request_volume_threshold",
            "min_samples",
            "minimum_requests",
            "min_attempts",
        ],
    ),
    (
        "slow",
        &[
            "slow_call",
            "slow_threshold",
            "slow_call_duration",
            "slow_call_duration_threshold",
            "slow_after",
            "latency",
        ],
    ),
    ("slow_rate", &["slow_call_rate", "slow_call_rate_threshold", "slow_ratio"]),
    (
        "consecutive",
        &[
            "failures",
            "failure_threshold",
            "max_failures",
            "consecutive_failures",
            "failure_count",
            "fail_max",
            "max_fails",
            "error_count",
            "allowed_failures",
            "trip_after",
            "errors",
            "max_errors",
            "threshold_count",
            "max",
        ],
    ),
    ("forget", &["forget_after", "expire", "expiry", "ttl"]),
    (
        "open",
        &[
            "timeout",
            "reset_timeout",
            "cooldown",
            "cool_down",
            "open_for",
            "open_time",
            "open_duration",
            "open_timeout",
            "wait",
            "wait_duration",
            "wait_duration_in_open_state",
            "break_duration",
            "duration_of_break",
            "sleep_window",
            "delay",
            "duration",
            "recovery",
            "recovery_time",
            "recovery_timeout",
            "reset_after",
            "reset",
            "half_open_after",
            "retry_after",
            "sleep",
            "base",
        ],
    ),
    (
        "open_max",
        &[
            "max_open",
            "open_cap",
            "max_open_time",
            "max_wait",
            "max_delay",
            "cap",
            "max_break_duration",
        ],
    ),
    ("jitter", &["randomize", "random"]),
    (
        "probes",
        &[
            "half_open",
            "half_open_max_calls",
            "half_open_calls",
            "half_open_requests",
            "permitted",
            "trials",
            "max_probes",
            "permitted_number_of_calls_in_half_open_state",
            "success_threshold",
            "successes",
            "half_open_probes",
            "test_calls",
        ],
    ),
    ("probe_rate", &["half_open_rate"]),
    ("probe_timeout", &["half_open_timeout"]),
    ("key", &["by", "per", "keyed_by", "key_by", "partition", "partition_by"]),
    ("keys", &["max_keys", "key_limit", "capacity"]),
];

/// Our names for the settings of a budget, with those of other libraries.
pub const BUDGET: &[(&str, &[&str])] = &[
    (
        "capacity",
        &[
            "tokens",
            "max",
            "max_tokens",
            "size",
            "limit",
            "burst",
            "bucket",
            "bucket_size",
            "max_retries",
            "retries",
        ],
    ),
    (
        "refill",
        &[
            "refill_rate",
            "refill_interval",
            "refill_every",
            "refill_after",
            "interval",
            "period",
            "per_second",
            "every",
            "ttl",
            "window",
            "rate_limit",
        ],
    ),
    (
        "deposit",
        &[
            "ratio",
            "token_ratio",
            "retry_ratio",
            "percent",
            "percentage",
            "retry_percent",
            "rate",
            "on_success",
            "earn",
        ],
    ),
    ("start", &["initial", "initial_tokens", "initial_capacity"]),
    ("cost", &["token_cost", "retry_cost", "price", "withdraw"]),
    ("throttled_cost", &["throttled", "throttle_cost", "after_throttle"]),
    ("ambiguous_cost", &["timeout_cost", "ambiguous"]),
    ("preset", &["like", "from", "kind", "profile"]),
    ("key", &["by", "per", "keyed_by", "key_by", "partition", "partition_by"]),
    ("keys", &["max_keys", "key_limit"]),
];

/// Our name for an argument that another library calls `word`.
///
/// ```
/// assert_eq!(retry_text::elsewhere::ours("max_delay"), Some("cap"));
/// ```
pub fn ours(word: &str) -> Option<&'static str> {
    ours_in(NAMES, word)
}

/// Our name in one of the tables for the word of another library.
///
/// ```
/// use retry_text::elsewhere::{BREAKER, ours_in};
///
/// assert_eq!(ours_in(BREAKER, "failure_rate"), Some("rate"));
/// ```
pub fn ours_in(table: &[(&'static str, &[&str])], word: &str) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.contains(&word)).map(|(ours, _)| *ours)
}

/// Our name for the argument whose name in another library is nearest to `word`: an edit away for each three letters, at
/// most two.
///
/// ```
/// assert_eq!(retry_text::elsewhere::nearly("max_retrys"), Some("max"));
/// assert_eq!(retry_text::elsewhere::nearly("foo"), None);
/// assert_eq!(retry_text::elsewhere::nearly("bound"), None);
/// ```
pub fn nearly(word: &str) -> Option<&'static str> {
    let names: Vec<&str> = NAMES.iter().flat_map(|(_, names)| *names).copied().collect();
    let limit = |name: &str| (name.len().min(word.len()) / 3).clamp(1, 2);
    ours(crate::within(word, &names, limit)?)
}
