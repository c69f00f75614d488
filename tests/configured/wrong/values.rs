//! Values with a wrong type, out of range or without a unit.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        r#"[breaker.carrier]
rate = "30%""#,
        &["2: breaker.carrier.rate: `rate` is a number, not the text \"30%\"; write `rate = 0.3`"],
    ),
    (
        r#"[breaker.carrier]
probes = "7""#,
        &[
            "2: breaker.carrier.probes: `probes` is a number, not the text \"7\"; write `probes = 7`",
        ],
    ),
    (
        r#"[defaults]
base = "1s 1s""#,
        &[
            "2: defaults.base: the duration \"1s 1s\" has the unit `s` twice; write a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)",
        ],
    ),
    (
        r#"[defaults]
cap = "5s 1m""#,
        &[
            "2: defaults.cap: the duration \"5s 1m\" has the unit `m` after `s`, and the longest unit comes first; write a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)",
        ],
    ),
    (
        r#"[defaults]
base = "5 seconds""#,
        &[
            "2: defaults.base: the duration \"5 seconds\" has the unknown unit `seconds`, and `s` is meant; write a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)",
        ],
    ),
    (
        r#"[defaults]
base = 5"#,
        &["2: defaults.base: `base` (5) is a duration and needs a unit: write \"5s\" or \
             \"5ms\""],
    ),
    (
        r#"[defaults]
base = "5""#,
        &["2: defaults.base: the duration \"5\" has no unit after `5`; write a number \
             with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)"],
    ),
    (
        r#"[defaults]
base = "5 parsecs""#,
        &["2: defaults.base: the duration \"5 parsecs\" has the unknown unit `parsecs`; \
             write a number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, \
             h, d)"],
    ),
    (
        r#"[defaults]
base = "-1s""#,
        &["2: defaults.base: the duration \"-1s\" is negative; write a number with a \
             unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)"],
    ),
    (
        r#"[defaults]
cap = ["1s"]"#,
        &["2: defaults.cap: `cap` is a duration, not a list; write a number with a unit: \
             \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)"],
    ),
    (
        r#"[defaults]
base = 1979-05-27"#,
        &["2: defaults.base: `base` is a duration, not `1979-05-27`; write a number with \
             a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)"],
    ),
    (
        r#"[defaults]
base_ms = "5s""#,
        &["2: defaults.base_ms: `base` is a number of ms, not the text \"5s\"; write \
             `base_ms = 5000`"],
    ),
    (
        r#"[defaults]
cap_secs = "1500ms"
hint_cap_minutes = true"#,
        &[
            "2: defaults.cap_secs: `cap` is a number of s, not the text \"1500ms\"; write \
             `cap_s = 1.5`",
            "3: defaults.hint_cap_minutes: `hint_cap` is a number of min, not `true`; write \
             `hint_cap_mins = 500`",
        ],
    ),
    (
        r#"[defaults]
max = -1"#,
        &["2: defaults.max: `max` (-1) must be a whole number from 0 to 4294967293"],
    ),
    (
        r#"[defaults]
max = "3""#,
        &["2: defaults.max: `max` is a number, not the text \"3\"; write `max = 3`"],
    ),
    (
        r#"[defaults]
max = 3.5"#,
        &["2: defaults.max: `max` (3.5) must be a whole number from 0 to 4294967293"],
    ),
    (
        r#"[defaults]
max = 99999999999999999999"#,
        &["2: defaults.max: `max` (99999999999999999999) must be a whole number from 0 to \
             4294967293"],
    ),
    (
        r#"[defaults]
max = 99999999999"#,
        &["2: defaults.max: `max` (99999999999) must be a whole number from 0 to \
             4294967293"],
    ),
    (
        r#"[defaults]
attempts = 0"#,
        &["2: defaults.attempts: `attempts` (0) must be at least 1, which means no retry"],
    ),
    (
        r#"[defaults]
attempts = "many""#,
        &[
            "2: defaults.attempts: `attempts` is a number, \"unlimited\" or \"forever\", not the text \
             \"many\"; write `attempts = 4`",
        ],
    ),
    (
        r#"[defaults]
factor = 0.5"#,
        &["2: defaults.factor: `factor` (0.5) must be a finite number of at least 1"],
    ),
    (
        r#"[defaults]
factor = nan"#,
        &["2: defaults.factor: `factor` (NaN) must be a finite number of at least 1"],
    ),
    (
        r#"[defaults]
factor = "2""#,
        &["2: defaults.factor: `factor` is a number, not the text \"2\"; write `factor = \
             2.0`"],
    ),
    (
        r#"[defaults]
base = "99999999999999999999d""#,
        &["2: defaults.base: the duration \"99999999999999999999d\" is too long; write a \
             number with a unit: \"250ms\", \"1.5s\", \"1m 30s\" (ns, us, ms, s, m, h, d)"],
    ),
    (
        r#"[defaults]
base_secs = 1e300"#,
        &["2: defaults.base_secs: `base` (1e300 s) must be from 0 to 18446744073709551615 \
             s"],
    ),
    (
        r#"[defaults]
jitter = "fulll""#,
        &["2: defaults.jitter: unknown jitter `fulll`; did you mean `full`?"],
    ),
    (
        r#"[defaults]
jitter = "proportional(2)""#,
        &["2: defaults.jitter: `jitter` (2.0) is out of range: the number in \
             `proportional(r)` must be from 0 to 1, in `additive(r)` and `first(r)` finite and from 0"],
    ),
    (
        r#"[defaults]
jitter = "additive""#,
        &["2: defaults.jitter: `jitter` (additive) needs a number: write \
             \"additive(0.2)\""],
    ),
    (
        r#"[defaults]
jitter = true"#,
        &["2: defaults.jitter: `jitter` is a word, not `true`; write \"full\", \"none\" \
             or \"proportional(0.2)\""],
    ),
    (
        r#"[defaults]
backoff = "exponentail""#,
        &["2: defaults.backoff: unknown backoff `exponentail`; did you mean \
             `exponential`?"],
    ),
    (
        r#"[defaults]
backoff = []"#,
        &["2: defaults.backoff: `backoff = []` has no delay; write at least one"],
    ),
    (
        r#"[defaults]
backoff = ["1s", 2]"#,
        &["2: defaults.backoff: `backoff` (2) is a duration and needs a unit: write \
             \"2s\" or \"2ms\""],
    ),
    (
        r#"[defaults]
backoff = 3"#,
        &["2: defaults.backoff: `backoff` is a word or a list, not the number 3; write \
             \"exponential\" or [\"100ms\", \"1s\"]"],
    ),
    (
        r#"[defaults]
on = "transient | throtled""#,
        &["2: defaults.on: unknown kind `throtled`; did you mean `throttled`?"],
    ),
    (
        r#"[defaults]
on = "any""#,
        &["2: defaults.on: `on = any` is decided when the program is compiled and can \
             only be written in the attribute; list kinds: \"transient | throttled\""],
    ),
    (
        r#"[defaults]
on = ["permanent"]"#,
        &["2: defaults.on: `on` lists `permanent`, which is never retried; remove it"],
    ),
    (
        r#"[defaults]
on = 3"#,
        &["2: defaults.on: `on` is a list of kinds, not the number 3; write \"transient | \
             throttled\""],
    ),
    (
        r#"[defaults]
idempotent = "no""#,
        &["2: defaults.idempotent: `idempotent` is a flag, not the text \"no\"; write \
             `idempotent = true` or `idempotent = false`"],
    ),
    (
        r#"[global]
enabled = "yes""#,
        &["2: global.enabled: `enabled` is a flag, not the text \"yes\"; write `enabled = \
             true` or `enabled = false`"],
    ),
    (
        r#"[global]
profile = 3"#,
        &["2: global.profile: `profile` is a name, not the number 3; write `profile = \
             \"name\"`"],
    ),
    (
        r#"[op."billing::charge"]
budget = 3"#,
        &["2: op.\"billing::charge\".budget: `budget` is a name, not the number 3; write \
             `budget = \"name\"`"],
    ),
    (
        r#"[op."billing::charge"]
budget = """#,
        &["2: op.\"billing::charge\".budget: `budget` is an empty text; write a name, or \
             remove it"],
    ),
    (
        r#"[op."billing::charge"]
deadline = "0s""#,
        &["2: op.\"billing::charge\".deadline: `deadline` must be above 0; leave it out \
             for no deadline"],
    ),
    (
        r#"[op."billing::v2::quote"]
timeout = "0s""#,
        &["2: op.\"billing::v2::quote\".timeout: `timeout` must be above 0; leave it out \
             for no timeout"],
    ),
];
