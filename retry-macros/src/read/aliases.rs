//! Arguments that people write from other libraries and that have no argument of ours under another name: what to
//! write in their place. Names that only differ are in `retry_text::elsewhere`.

/// Words, and the help for them.
const TABLE: &[(&[&str], &str)] = &[
    (
        &["not_idempotent", "non_idempotent", "nonidempotent", "unsafe"],
        "write `idempotent = false`",
    ),
    (
        &["safe", "pure", "retry_safe"],
        "write `idempotent`, if running the function twice has the effect of running it once",
    ),
    (
        &[
            "unless",
            "giveup",
            "give_up",
            "abort_on",
            "abort_if",
            "stop_on",
            "stop_if",
            "no_retry_for",
            "no_retry_on",
            "not_on",
            "exclude",
            "excludes",
            "ignore",
            "ignore_exceptions",
            "abort_on_error",
            "fatal",
            "skip",
            "permanent",
            "retry_unless",
            "retry_if_not_exception_type",
            "not_recoverable",
        ],
        "write `#[classify(permanent)]` on the variants that are not retried, or `when = |error| …`, which returns \
         `false` for them",
    ),
    (
        &[
            "include",
            "includes",
            "retry_for",
            "retry_on_exception",
            "retry_if_exception",
            "retry_if_exception_type",
            "retry_exceptions",
            "exceptions",
            "exception",
            "errors",
            "error",
            "err",
            "on_exception",
            "value",
            "handle",
            "retry_error",
            "transient",
            "retryable",
            "error_type",
        ],
        "write `#[classify(transient)]` on the variants that are retried, or `when = |error| matches!(error, …)`",
    ),
    (
        &[
            "wait_exponential",
            "exponential",
            "exponential_backoff",
            "expo",
            "exp",
            "wait_exponential_multiplier",
            "exponential_backoff_policy",
        ],
        "write `backoff = exponential, base = \"1s\", cap = \"30s\"`",
    ),
    (
        &[
            "wait_fixed",
            "fixed",
            "constant",
            "fixed_delay",
            "fixed_interval",
            "fixed_backoff",
            "constant_backoff",
        ],
        "write `backoff = fixed, base = \"1s\"`",
    ),
    (
        &["wait_incrementing", "linear", "linear_backoff", "incremental"],
        "write `backoff = linear, base = \"1s\"`",
    ),
    (&["fibonacci", "fibo", "fibonacci_backoff"], "write `backoff = fibonacci, base = \"1s\"`"),
    (
        &["wait_random", "wait_random_exponential", "wait_exponential_jitter", "full_jitter"],
        "write `jitter = full`",
    ),
    (
        &[
            "retry_after",
            "respect_retry_after",
            "honor_retry_after",
            "honour_retry_after",
            "obey_retry_after",
            "use_retry_after",
            "retry_after_header",
        ],
        "a server's `Retry-After` is obeyed without an argument, and `hint_cap = \"60s\"` limits it; write `base = \"1s\"` for \
         a delay of your own",
    ),
    (&["no_jitter"], "write `jitter = none`"),
    (&["no_budget", "without_budget"], "write `budget = none`"),
    (&["stop_never", "forever", "unlimited", "infinite", "endless"], "write `attempts = forever`"),
    (
        &["stop", "limit", "stop_after"],
        "write `max = 3` for the number of retries, or `deadline = \"30s\"` for the time",
    ),
    (
        &["circuit_breaker", "circuitbreaker", "circuit", "cb", "breaker_name"],
        "write `breaker`, `breaker = \"name\"` or `breaker(rate = 0.5)`",
    ),
    (&["retry_budget", "tokens", "bucket", "token_bucket"], "write `budget(capacity = 20)`"),
    (
        &["sleep", "sleeper", "sleep_fn", "timer", "clock"],
        "leave it out: a timer is installed once for the program, with `retry_runtime::timer::install`",
    ),
    (
        &["log", "logging", "tracing", "debug", "trace", "log_level", "level", "logger", "verbose"],
        "leave it out: every call tells `tracing`, and `retry_runtime::events::set_level` sets the levels",
    ),
    (
        &["metrics", "stats", "statistics"],
        "leave it out: the crate `retry-metrics` counts all calls",
    ),
    (
        &["async", "sync", "blocking", "runtime", "executor", "tokio"],
        "leave it out: the attribute sees whether the function is `async`",
    ),
    (&["random", "randomize", "randomized"], "write `jitter = full`"),
    (
        &["default", "default_value", "fallback_value", "return"],
        "write `recover = fallback`, a function that returns the value",
    ),
    (
        &[
            "after_retry",
            "before_retry",
            "before",
            "after",
            "on_success",
            "on_failure",
            "on_give_up",
            "on_giveup",
            "callback",
        ],
        "write `on_retry = |retry| …`, which is called before each pause; the other moments are events: \
         `retry_runtime::events::observe`",
    ),
    (
        &["bulkhead", "concurrency", "max_concurrency", "rate_limit", "semaphore"],
        "no argument limits how many calls run at a time: use a semaphore in the function",
    ),
    (
        &["hedge", "hedging"],
        "no argument starts attempts beside each other: `timeout = \"5s\"` ends a slow one",
    ),
    (
        &["retry_strategy", "retry_policy"],
        "write `policy = PATIENT`, a constant `Policy`, or `backoff = exponential`",
    ),
];

/// The help for a word.
pub(crate) fn help(word: &str) -> Option<&'static str> {
    TABLE.iter().find(|(words, _)| words.contains(&word)).map(|(_, help)| *help)
}

/// A duration whose name has its unit, such as `delay_ms`: the name without the unit, and the unit.
pub(crate) fn with_unit(word: &str) -> Option<(&str, &'static str)> {
    const UNITS: [(&str, &str); 10] = [
        ("_ms", "ms"),
        ("_millis", "ms"),
        ("_milliseconds", "ms"),
        ("_s", "s"),
        ("_sec", "s"),
        ("_secs", "s"),
        ("_seconds", "s"),
        ("_min", "m"),
        ("_mins", "m"),
        ("_minutes", "m"),
    ];
    UNITS.iter().find_map(|(end, unit)| Some((word.strip_suffix(end)?, *unit)))
}
