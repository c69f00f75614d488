//! Wrong names of keys, sections, operations, profiles, budgets and breakers.

use super::Case;

pub(super) const CASES: &[Case] = &[
    (
        r#"[breaker.carrier]
failure_rate = 0.5
timeout = "5s""#,
        &[
            "2: breaker.carrier.failure_rate: unknown key `failure_rate`; did you mean `rate`?",
            "3: breaker.carrier.timeout: unknown key `timeout`; did you mean `open`?",
        ],
    ),
    (
        r#"[budget.shared]
tokens = 20
key = "host""#,
        &[
            "2: budget.shared.tokens: unknown key `tokens`; did you mean `capacity`?",
            "3: budget.shared.key: `key` belongs to the code and can only be written in the attribute, as in \
             `budget(key = host)`; remove it",
        ],
    ),
    (
        r#"[op.billing.charge]
max = 3"#,
        &[
            "1: op.billing.charge: `charge` is a section in a section; write the whole name in quotes: \
             `[op.\"billing::charge\"]`",
        ],
    ),
    (
        r#"[breaker]
open = "5s""#,
        &["2: breaker.open: the name is missing: write `[breaker.NAME]` above `open`"],
    ),
    (
        r#"[budget]
capacity = 20"#,
        &["2: budget.capacity: the name is missing: write `[budget.NAME]` above `capacity`"],
    ),
    (
        r#"[global]
max = 3"#,
        &["2: global.max: `max` is a setting of functions; move it below `[defaults]`"],
    ),
    (
        r#"[defaults]
profile = "storm""#,
        &[
            "2: defaults.profile: one profile applies to the whole program; write `profile` below `[global]`",
        ],
    ),
    (
        r#"[defaults]
maxx = 3"#,
        &["2: defaults.maxx: unknown key `maxx`; did you mean `max`?"],
    ),
    (
        r#"[defaults]
delay = "1s""#,
        &["2: defaults.delay: unknown key `delay`; did you mean `base`?"],
    ),
    (
        r#"[defaults]
recover = "instead""#,
        &["2: defaults.recover: `recover` belongs to the code and can only be written in \
             the attribute; remove it"],
    ),
    (
        r#"[defaults]
elephant = 1"#,
        &["2: defaults.elephant: unknown key `elephant`; the known ones are enabled, max, \
             attempts, backoff, base, factor, cap, jitter, deadline, timeout, \
             no_retry_after, reset_after, on, idempotent, hint, hint_cap, budget, breaker, measure"],
    ),
    (
        r#"[defualts]
max = 3"#,
        &["1: defualts: unknown section `defualts`; did you mean `defaults`?"],
    ),
    ("max = 3", &["1: max: `max` stands outside of a section; move it below `[defaults]`"]),
    (
        r#"[op."billing::chrage"]
max = 3"#,
        &["1: op.\"billing::chrage\": unknown operation `billing::chrage`; did you mean \
             `billing::charge`?"],
    ),
    (
        r#"[op.charge]
max = 3"#,
        &["1: op.charge: unknown operation `charge`; did you mean `billing::charge`?"],
    ),
    (
        r#"[op."biling::*"]
max = 3"#,
        &["1: op.\"biling::*\": `biling::*` matches no operation; did you mean \
             `billing::*`?"],
    ),
    (
        r#"[op."x*y"]
max = 3"#,
        &["1: op.\"x*y\": `x*y` matches no operation; the known ones are billing::charge, \
             billing::refund, billing::v2::quote, configured::short_names::Mail::read, \
             configured::short_names::Mail::send, configured::short_names::News::read, disagreed::one, disagreed::other, \
             history::bounded, history::secret, layers::steps, \
             protection::first, protection::first_awaited, protection::first_reported, \
             protection::keyed, protection::own, shapes::listed, shapes::twin, \
             shipping::label, shipping::track and 2 more"],
    ),
    (
        r#"[op]
max = 3"#,
        &["2: op.max: the name is missing: write `[op.NAME]` above `max`"],
    ),
    (
        r#"[op.""]
max = 3"#,
        &["1: op: the name in `[op.NAME]` is empty; write one"],
    ),
    (
        r#"[global]
profile = "clam"
[profile.calm]
max = 1"#,
        &["2: global.profile: unknown profile `clam`; did you mean `calm`?"],
    ),
    (
        r#"[global]
enabeld = false"#,
        &["2: global.enabeld: unknown key `enabeld`; did you mean `enabled`?"],
    ),
    (
        r#"[op."billing::charge"]
budget = "shard""#,
        &["2: op.\"billing::charge\".budget: unknown budget `shard`; did you mean \
             `shared`?"],
    ),
    (
        r#"[budget.shard]
capacity = 3"#,
        &["1: budget.shard: unknown budget `shard`; did you mean `shared`?"],
    ),
    (
        r#"[breaker.carier]
probes = 3"#,
        &["1: breaker.carier: unknown breaker `carier`; did you mean `carrier`?"],
    ),
    (
        r#"[budget.shared]
capacty = 3"#,
        &["2: budget.shared.capacty: unknown key `capacty`; did you mean `capacity`?"],
    ),
    (
        r#"[budget.shared]
preset = "fingale""#,
        &["2: budget.shared.preset: `fingale` is not a budget preset; did you mean \
             `finagle`?"],
    ),
    (
        r#"[budget.none]
capacity = 3"#,
        &["1: budget.none: `none` stands for none at all; choose another name"],
    ),
    (
        r#"[op."shipping::track"]
breaker = "carier""#,
        &["2: op.\"shipping::track\".breaker: unknown breaker `carier`; did you mean \
             `carrier`?"],
    ),
    (
        r#"[op."shipping::track"]
breaker = "hosts""#,
        &["2: op.\"shipping::track\".breaker: unknown breaker `hosts`; the known ones \
             are carrier, protection::first, protection::first_awaited, \
             protection::first_reported, protection::own"],
    ),
    (
        r#"[profile]
max = 3"#,
        &["2: profile.max: the name is missing: write `[profile.NAME]` above `max`"],
    ),
];
