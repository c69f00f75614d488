//! `retry plan SETTINGS`, or `retry plan --max 5 --base 200ms`, prints the delays that the settings produce.

use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use retry_config::{ConfigErrors, Settings};
use retry_runtime::control::Parts;
use retry_runtime::{Backoff, DelayRange, Jitter, Policy};
use retry_text::duration::human;

use crate::table::Table;
use crate::{Outcome, args};

/// The settings that shape a schedule, each with the name of its value and its help.
const FLAGS: [(&str, &str, &str); 10] = [
    ("max", "N", "Retries after the first attempt"),
    ("attempts", "N", "The same limit, counted with the first attempt; or `forever`"),
    ("backoff", "WORD", "exponential, fixed, linear, fibonacci, or a list of delays: 100ms,1s,5s"),
    ("base", "TIME", "The delay before the first retry, for example 200ms"),
    ("factor", "X", "The growth of the exponential backoff"),
    ("cap", "TIME", "The longest delay"),
    (
        "jitter",
        "WORD",
        "full, equal, decorrelated, proportional(0.2), additive(0.5), first(2.0), none",
    ),
    ("deadline", "TIME", "The limit for the whole call"),
    ("timeout", "TIME", "The limit for one attempt; requires --idempotent"),
    ("no-retry-after", "TIME", "The time after which no attempt begins"),
];

pub(crate) fn command() -> Command {
    let settings = args::positional(
        "settings",
        "SETTINGS",
        "As in the attribute, for example \"max = 5, base = '200ms', cap = '10s'\"",
    );
    let idempotent = Arg::new("idempotent").long("idempotent").action(ArgAction::SetTrue);
    Command::new("plan")
        .about("Prints the retry schedule for the given settings, and the worst case")
        .long_about(
            "Prints the retry schedule for the given settings, and the worst case. The settings are one text as in the \
             attribute, or options, or both: retry plan --max 5 --base 200ms. Without any, the defaults are printed.",
        )
        .arg(settings.required(false))
        .args(FLAGS.map(|(name, value, help)| setting(name, value, help)))
        .arg(idempotent.help("Running the function twice has the same effect as running it once"))
        .arg(
            args::option("rows", "N", "Maximum number of retries to show")
                .value_parser(value_parser!(u32).range(1..))
                .default_value("20"),
        )
}

/// The option of a setting, also under the names that a configuration file accepts for the setting. A negative number is
/// a mistake of the setting, and no option.
fn setting(name: &'static str, value: &'static str, help: &'static str) -> Arg {
    let aliases = Settings::aliases(&name.replace('-', "_")).iter();
    let aliases = aliases.map(|alias| alias.replace('_', "-"));
    args::option(name, value, help).aliases(aliases).allow_negative_numbers(true)
}

pub(crate) fn run(matches: &ArgMatches) -> Outcome {
    let wrong = |error: ConfigErrors| error.to_string();
    let rows = *matches.get_one::<u32>("rows").unwrap_or(&20);
    let settings: Settings = written(matches).parse().map_err(wrong)?;
    let policy = settings.policy().map_err(wrong)?;
    Ok(plan(&settings, &policy, rows))
}

/// The settings as one text, so that options are read and checked as an attribute is.
fn written(matches: &ArgMatches) -> String {
    let mut items = vec![args::text(matches, "settings").to_owned()];
    for (name, ..) in FLAGS {
        if let Some(value) = matches.get_one::<String>(name) {
            let name = name.replace('-', "_");
            let is_list = value.contains(',') && !value.starts_with('[');
            items.push(if is_list {
                format!("{name} = [{value}]")
            } else {
                format!("{name} = {value}")
            });
        }
    }
    if matches.get_flag("idempotent") {
        items.push("idempotent".to_owned());
    }
    items.join(", ")
}

fn plan(settings: &Settings, policy: &Policy, rows: u32) -> String {
    let parts = Parts::from(policy);
    let mut table = Table::new(["retry", "delay", "with jitter", "total pause so far"]);
    let (mut earliest, mut latest) = (Duration::ZERO, Duration::ZERO);
    let mut shown = 0;
    for DelayRange { retry, shortest, longest } in policy.schedule().take(rows as usize) {
        earliest = earliest.saturating_add(shortest);
        latest = latest.saturating_add(longest);
        let passed = |limit: Option<Duration>| limit.is_some_and(|limit| earliest > limit);
        let note = match (passed(parts.deadline), passed(parts.no_retry_after)) {
            (true, _) => " (never: after the deadline)",
            (_, true) => " (never: after `no_retry_after`)",
            _ => "",
        };
        table.row([
            retry.to_string(),
            raw(&parts, retry).map_or_else(|| "-".to_owned(), human),
            range(shortest, longest),
            range(earliest, latest) + note,
        ]);
        shown = retry;
    }
    let retries = policy.limit().map(|attempts| attempts - 1);
    let mut text = match retries {
        Some(0) => "no retries: the first failure is final\n".to_owned(),
        _ => table.to_string(),
    };
    match retries {
        Some(all) if all > shown => {
            text += &format!("… and {} more retries; --rows {all} shows them\n", all - shown);
        }
        None if parts.deadline.is_some() => text += "… and so on until the deadline\n",
        None => text += "… and so on\n",
        _ => {}
    }
    text + "\n" + &worst_case(&parts, policy) + &beside(settings)
}

/// Lists the settings that were given but do not affect the schedule.
fn beside(settings: &Settings) -> String {
    let Settings { enabled, on, idempotent, hint, hint_cap, .. } = settings;
    let Settings { budget, breaker, measure, timeout, reset_after, .. } = settings;
    let unrelated = [
        ("enabled", enabled.is_some()),
        ("on", on.is_some()),
        // `timeout` requires `idempotent` to be set, so mentioning it would be noise.
        ("idempotent", idempotent.is_some() && timeout.is_none()),
        ("reset_after", reset_after.is_some()),
        ("hint", hint.is_some()),
        ("hint_cap", hint_cap.is_some()),
        ("budget", budget.is_some()),
        ("breaker", breaker.is_some()),
        ("measure", measure.is_some()),
    ];
    let written = unrelated.iter().filter(|(_, is_written)| *is_written).map(|(name, _)| *name);
    match written.collect::<Vec<_>>()[..] {
        [] => String::new(),
        ref names => format!("not part of the schedule: {}\n", names.join(", ")),
    }
}

/// The delay that the backoff computes, before cap and jitter; `None` with decorrelated jitter, which uses no backoff.
fn raw(parts: &Parts, retry: u32) -> Option<Duration> {
    let base = parts.base.unwrap_or(Duration::from_secs(1));
    let delay = || parts.backoff.delay(base, parts.factor.unwrap_or(2.0), retry);
    (parts.jitter != Jitter::Decorrelated).then(delay)
}

fn range(shortest: Duration, longest: Duration) -> String {
    if shortest == longest {
        return human(longest);
    }
    format!("{} to {}", human(shortest), human(longest))
}

/// The longest that a call can take.
fn worst_case(parts: &Parts, policy: &Policy) -> String {
    let Parts { deadline, timeout, no_retry_after, .. } = *parts;
    let Some(attempts) = policy.limit() else {
        return match (deadline, no_retry_after) {
            (Some(deadline), _) => format!(
                "worst case: {} (the deadline), with as many attempts as fit before it\n",
                human(deadline)
            ),
            (None, Some(last)) => format!(
                "worst case: {} (`no_retry_after`), with as many attempts as begin before it, plus the time that the \
                 last one takes\n",
                human(last)
            ),
            (None, None) => "worst case: without end, until an attempt succeeds\n".to_owned(),
        };
    };
    let pauses = pauses(parts, policy, attempts - 1);
    let many = |n: u32| if n == 1 { "1 attempt".to_owned() } else { format!("{n} attempts") };
    let (running, each) = match timeout {
        Some(timeout) => {
            (timeout.saturating_mul(attempts), format!(" of at most {}", human(timeout)))
        }
        None => (Duration::ZERO, String::new()),
    };
    let total = pauses.saturating_add(running);
    let sum = format!("{}{each} and {} of pauses", many(attempts), human(pauses));
    let open = if timeout.is_none() { ", plus the time that the attempts take" } else { "" };
    match deadline {
        Some(deadline) if deadline <= total || timeout.is_none() => format!(
            "worst case: {} (the deadline); without the deadline: {sum}{}\n",
            human(deadline),
            if timeout.is_some() { format!(" = {}", human(total)) } else { String::new() },
        ),
        _ if timeout.is_some() => format!("worst case: {} = {sum}\n", human(total)),
        _ => format!("worst case: {sum}{open}\n"),
    }
}

/// The longest possible sum of all pauses.
fn pauses(parts: &Parts, policy: &Policy, retries: u32) -> Duration {
    const EACH: usize = 1000;
    let each = match parts.backoff {
        Backoff::List(entries) => EACH.max(entries.len()),
        _ => EACH,
    };
    let (mut sum, mut last, mut summed) = (Duration::ZERO, Duration::ZERO, 0);
    for delay in policy.schedule().take(each) {
        sum = sum.saturating_add(delay.longest);
        (last, summed) = (delay.longest, delay.retry);
    }
    sum.saturating_add(further(parts, summed, last, retries - summed))
}

/// The longest possible sum of the `count` pauses after pause number `n`, whose own maximum is `last`.
fn further(parts: &Parts, n: u32, last: Duration, count: u32) -> Duration {
    let constant = last.saturating_mul(count);
    if last.is_zero() || last >= parts.cap {
        return constant;
    }
    let (last, cap, n, count) =
        (last.as_secs_f64(), parts.cap.as_secs_f64(), f64::from(n), f64::from(count));
    // The number of pauses below the cap, and their sum; every other pause is as long as the cap.
    let (below, sum) = match parts.backoff {
        Backoff::Linear => {
            let step = last / n;
            let below = (cap / step - n).floor().clamp(0.0, count);
            (below, step * (below * n + below * (below + 1.0) / 2.0))
        }
        Backoff::Exponential => {
            let default = if parts.jitter == Jitter::Decorrelated { 3.0 } else { 2.0 };
            let factor = parts.factor.unwrap_or(default);
            if factor <= 1.0 {
                return constant;
            }
            let below = ((cap / last).ln() / factor.ln()).floor().clamp(0.0, count);
            (below, last * factor * (below * factor.ln()).exp_m1() / (factor - 1.0))
        }
        // By pause `n`, the Fibonacci numbers have reached the cap and a list has reached its last entry.
        _ => return constant,
    };
    Duration::try_from_secs_f64(sum + (count - below) * cap).unwrap_or(Duration::MAX)
}
