//! Settings that conflict with each other, with the attribute, or with the function.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        r#"[op."billing::charge"]
max = 3
attempts = 4"#,
        &["3: op.\"billing::charge\".attempts: `max` and `attempts` are the same limit, \
             without and with the first attempt; remove one of them"],
    ),
    (
        r#"[op."billing::charge"]
max = 3
max_retries = 4"#,
        &["3: op.\"billing::charge\".max_retries: `max_retries` and `max` are the same \
             setting; remove one of them"],
    ),
    (
        r#"[op."billing::charge"]
base = "2s"
cap = "1s""#,
        &["3: op.\"billing::charge\".cap: `cap` (1s) must not be less than `base` (2s)"],
    ),
    (
        r#"[op."billing::charge"]
base = "20s""#,
        &["2: op.\"billing::charge\".base: `cap` (10s) must not be less than `base` \
             (20s); `cap` is set by attribute at tests/configured/program.rs:N"],
    ),
    (
        r#"[op."billing::charge"]
backoff = ["20s"]"#,
        &["2: op.\"billing::charge\".backoff: `backoff` has an entry (20s) above `cap` \
             (10s); raise `cap`; `cap` is set by attribute at tests/configured/program.rs:N"],
    ),
    (
        r#"[op."billing::charge"]
backoff = ["1s"]
base = "1s""#,
        &["3: op.\"billing::charge\".base: `base` has no effect beside a list of delays; \
             remove one of them"],
    ),
    (
        r#"[op."billing::charge"]
backoff = "fixed"
factor = 2"#,
        &["3: op.\"billing::charge\".factor: `factor` has no effect here, only with \
             `backoff = exponential` or `jitter = decorrelated`; remove it"],
    ),
    (
        r#"[op."billing::charge"]
jitter = "decorrelated"
backoff = "linear""#,
        &["3: op.\"billing::charge\".backoff: `backoff` has no effect beside `jitter = \
             decorrelated`, which grows by itself; remove one of them"],
    ),
    (
        r#"[op."billing::charge"]
attempts = "unlimited""#,
        &["2: op.\"billing::charge\".attempts: `attempts = unlimited` needs a `deadline`, \
             a `no_retry_after` or a `reset_after`, or the call may never end; write \
             `attempts = forever` where that is meant"],
    ),
    (
        r#"[op."billing::v2::quote"]
deadline = "5s"
timeout = "6s""#,
        &["3: op.\"billing::v2::quote\".timeout: `timeout` (6s) must not be above \
             `deadline` (5s)"],
    ),
    (
        r#"[op."billing::v2::quote"]
idempotent = false
timeout = "21s""#,
        &["3: op.\"billing::v2::quote\".timeout: `timeout` (21s) must not be above \
             `deadline` (20s); `deadline` is set by attribute at \
             tests/configured/program.rs:N"],
    ),
    (
        r#"[op."billing::v2::quote"]
timeout = "1s""#,
        &["2: op.\"billing::v2::quote\".timeout: `timeout` needs `idempotent` or \
             `idempotent = false` beside it: an attempt that is cut off may have taken \
             effect"],
    ),
    (
        r#"[op."billing::charge"]
base = "2s"
jitter = "none"
deadline = "1s""#,
        &["4: op.\"billing::charge\".deadline: the first retry (after 2s) could never \
             start before `deadline` (1s); raise it or lower the first delay"],
    ),
    (
        r#"[op."billing::v2::quote"]
attempts = "unlimited"
deadline = "none""#,
        &["2: op.\"billing::v2::quote\".attempts: `attempts = unlimited` needs a \
             `deadline`, a `no_retry_after` or a `reset_after`, or the call may never end; write \
             `attempts = forever` where that is meant"],
    ),
    (
        r#"[op."billing::charge"]
no_retry_after = "0s""#,
        &[
            "2: op.\"billing::charge\".no_retry_after: `no_retry_after` must be above 0; leave it out for no such \
             limit, or write `max = 0` for no retry",
        ],
    ),
    (
        r#"[op."billing::charge"]
reset_after = "1m"
deadline = "40s""#,
        &[
            "2: op.\"billing::charge\".reset_after: `reset_after` has no place beside `deadline`, which ends a call \
             however healthy its attempts are; remove one of them",
        ],
    ),
    (
        r#"[op."billing::charge"]
no_retry_after = "1m"
deadline = "40s""#,
        &[
            "2: op.\"billing::charge\".no_retry_after: `no_retry_after` (60s) must not be above `deadline` (40s), \
             which ends the call before; remove it or raise `deadline`",
        ],
    ),
    (
        r#"[op."billing::charge"]
timeout = "1s""#,
        &["2: op.\"billing::charge\".timeout: `timeout` cannot end an attempt that is not \
             `async`: nothing can stop a running thread; make the function `async` or leave \
             `timeout` out"],
    ),
    (
        r#"[op."shipping::track"]
timeout = "1s"
idempotent = false"#,
        &["2: op.\"shipping::track\".timeout: `timeout` cannot be added: the function was \
             compiled without a way to end an attempt that runs; write `timeout` in its \
             attribute once, with any value, or remove it here"],
    ),
    (
        r#"[op."shipping::track"]
deadline = "9s""#,
        &["2: op.\"shipping::track\".deadline: `deadline` cannot be added: the function \
             was compiled without a way to end an attempt that runs; write `deadline` in \
             its attribute once, with any value, or remove it here"],
    ),
    (
        r#"[defaults]
deadline = "9s""#,
        &["2: defaults.deadline: `deadline` cannot be added: the function was compiled \
             without a way to end an attempt that runs; write `deadline` in its attribute \
             once, with any value, or remove it here (for protection::first_awaited, shipping::track)"],
    ),
    (
        r#"[op."billing::charge"]
idempotent = true"#,
        &["2: op.\"billing::charge\".idempotent: `idempotent = true` loosens what the \
             attribute declares, and a configuration can only tighten it; write \
             `idempotent` in the attribute, or remove it here"],
    ),
    (
        r#"[op."billing::*"]
on = "transient | ambiguous""#,
        &["2: op.\"billing::*\".on: retrying `ambiguous` failures loosens what the \
             attribute declares, and a configuration can only tighten it; write \
             `idempotent` in the attribute, or remove it here (for billing::charge, \
             billing::v2::quote)"],
    ),
    (
        r#"[defaults]
idempotent = true"#,
        &["2: defaults.idempotent: `idempotent = true` cannot be set for all: whether \
             doing it twice does harm is for each function to say; write `idempotent` in \
             its attribute"],
    ),
    (
        r#"[profile.calm]
on = "ambiguous""#,
        &["2: profile.calm.on: `ambiguous` cannot be retried for all: whether doing it \
             twice does harm is for each function to say; write `idempotent` in its \
             attribute"],
    ),
    (
        r#"[op."billing::charge"]
breaker = "carrier""#,
        &["2: op.\"billing::charge\".breaker: a breaker cannot be added: the function was \
             compiled without one; write `breaker` in its attribute, or remove it here"],
    ),
    (
        r#"[budget.shared]
capacity = 0"#,
        &["2: budget.shared.capacity: `capacity` (0) must be a whole number from 1 to \
             100000"],
    ),
    (
        r#"[budget.shared]
cost = 6"#,
        &["2: budget.shared.cost: `cost` (6) must not exceed `capacity`, or no retry is \
             ever made"],
    ),
    (
        r#"[budget.shared]
capacity = 3
cost = 4"#,
        &["3: budget.shared.cost: `cost` (4) must not exceed `capacity`, or no retry is \
             ever made"],
    ),
    (
        r#"[budget.shared]
refill = "1us""#,
        &["2: budget.shared.refill: `refill` (1µs) must be whole milliseconds, from 1 ms \
             to 1 day"],
    ),
    (
        r#"[budget.shared]
deposit_on = "first""#,
        &["2: budget.shared.deposit_on: unknown value of `deposit_on` `first`; did you \
             mean `first_try`?"],
    ),
    (
        r#"[breaker.carrier]
rate = 1.5"#,
        &["2: breaker.carrier.rate: `rate` (1.5) must be above 0 and at most 1"],
    ),
    (
        r#"[breaker.carrier]
slow_rate = 0.5"#,
        &["2: breaker.carrier.slow_rate: `slow_rate` (0.5) has no effect without `slow`, \
             the time from which a call is slow"],
    ),
    (
        r#"[breaker.carrier]
open = "2m"
open_max = "1m""#,
        &["3: breaker.carrier.open_max: `open_max` (60s) must not be less than `open`"],
    ),
    (
        r#"[breaker.carrier]
window = 0"#,
        &["2: breaker.carrier.window: `window` (0) must be a whole number from 1 to \
             100000"],
    ),
    (
        r#"[breaker.carrier]
probes = 1000000"#,
        &["2: breaker.carrier.probes: `probes` (1000000) must be a whole number from 1 to \
             100000"],
    ),
];
