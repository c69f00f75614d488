//! Converts a vector's `cfg` into a policy and the other settings of a call.

use std::time::Duration;

use retry_runtime::{Backoff, Jitter, Policy};
use serde_norway::Value;

use super::failure::Classes;
use super::fields::{Fields, text};
use super::script::duration;

/// The contents of a `cfg`.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) policy: Policy,
    pub(super) classes: Classes,
    pub(super) rejects: Option<Rejects>,
    pub(super) fallback: Option<Fallback>,
    /// Sync calls have no `timeout`, because nothing can interrupt their attempts (D23).
    pub(super) only_async: bool,
    /// The time limit for retries; in peers it does not interrupt a running attempt (D34).
    pub(super) soft_limit: Option<Duration>,
}

/// The values that are retried.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rejects {
    Any,
    Values(Vec<String>),
}

impl Rejects {
    pub(super) fn rejects(&self, value: &str) -> bool {
        match self {
            Rejects::Any => true,
            Rejects::Values(values) => values.iter().any(|rejected| rejected == value),
        }
    }
}

/// The behaviour of `recover`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Fallback {
    pub(super) fails: Option<String>,
    pub(super) takes: Duration,
    pub(super) value: String,
}

impl Settings {
    pub(super) fn of(cfg: &Fields<'_>, types: Option<String>) -> Result<Settings, String> {
        let classes = Classes::of(cfg, types)?;
        let mut policy = policy(cfg)?;
        if policy.is_timed() {
            // A timeout is Ambiguous; peers that retry a timeout assume that the body is idempotent.
            let idempotent = cfg.flag("idempotent").unwrap_or(classes.retries_timeouts());
            policy = policy.idempotent(idempotent);
        }
        Ok(Settings {
            policy,
            classes,
            rejects: rejects(cfg)?,
            fallback: cfg.text("fallback").map(|words| fallback(&words)).transpose()?,
            only_async: cfg.flag("async").unwrap_or(false)
                || cfg.duration("attempt_timeout").is_some(),
            soft_limit: soft_limit(cfg),
        })
    }
}

/// The policy from the keys about limits and delays.
pub(super) fn policy(cfg: &Fields<'_>) -> Result<Policy, String> {
    let mut policy = attempts(cfg)?;
    policy = policy.jitter(jitter(cfg)?);
    let backoff = cfg.text("backoff");
    policy = match backoff.as_deref() {
        None | Some("exponential") => policy.backoff(Backoff::Exponential),
        // Decorrelated jitter needs no backoff; Polly's version 2 is another formula of the same kind.
        Some("decorrelated" | "decorrelated_v2") => policy.jitter(Jitter::Decorrelated),
        Some("constant" | "fixed") => policy.backoff(Backoff::Fixed),
        Some("linear") => policy.backoff(Backoff::Linear),
        Some("fibonacci") => policy.backoff(Backoff::Fibonacci),
        Some(other) => return Err(format!("backoff `{other}` is not mapped")),
    };
    if let Some(Some(delay)) = cfg.duration("delay") {
        policy = policy.backoff(Backoff::Fixed).base(delay);
    }
    let base = ["base", "initial", "min"].iter().find_map(|key| cfg.duration(key)?);
    if let Some(base) = base {
        policy = policy.base(base);
    }
    match cfg.text("delay_fn_ns").as_deref() {
        None => {}
        Some("2*attempts_made") => {
            policy = policy.backoff(Backoff::Custom(|retry| Duration::from_nanos(2) * retry));
        }
        Some(other) => return Err(format!("`{other}` is not mapped")),
    }
    if let Some(factor) = cfg.number("multiplier") {
        policy = policy.factor(factor);
    }
    // A peer without a `cap` has no cap.
    policy = policy.cap(cfg.duration("max").flatten().unwrap_or(Duration::MAX));
    limits(cfg, policy)
}

fn attempts(cfg: &Fields<'_>) -> Result<Policy, String> {
    if let Some(delays) = cfg.count("max_delays") {
        return Ok(Policy::new().max(delays));
    }
    match cfg.get("max_attempts") {
        Some(Value::String(word)) if word == "unlimited" => {
            // Our rule: unlimited attempts need a deadline; a year is long enough to never matter.
            Ok(Policy::new().unlimited().deadline(Duration::from_secs(365 * 86_400)))
        }
        Some(count) => {
            let count = count.as_u64().and_then(|count| count.try_into().ok());
            count.map(|count| Policy::new().attempts(count)).ok_or("odd `max_attempts`".to_owned())
        }
        // Only a schedule, or no retry policy at all.
        None if cfg.has("backoff") => Ok(Policy::new().attempts(u32::MAX - 1)),
        None => Ok(Policy::new().attempts(1)),
    }
}

fn jitter(cfg: &Fields<'_>) -> Result<Jitter, String> {
    // The public API cannot inject random numbers. Vectors inject 0.5 for jitter that is neutral at 0.5, and 1 for
    // full jitter, which then equals no jitter.
    cfg.number("rand");
    let Some(jitter) = cfg.get("jitter") else { return Ok(Jitter::None) };
    let of = Fields::of(Some(jitter));
    let kind = of.text("kind").unwrap_or_else(|| text(jitter));
    let part = of.number("factor");
    // Our rule: the cap is always applied before jitter.
    of.flag("after_cap");
    let jitter = match (kind.as_str(), part) {
        ("none", _) => Jitter::None,
        ("full", _) => Jitter::Full,
        ("equal", _) => Jitter::Equal,
        ("decorrelated", _) => Jitter::Decorrelated,
        ("proportional", Some(part)) => Jitter::Proportional(part),
        ("additive", Some(part)) => Jitter::Additive(part),
        // Jitter given as an absolute time; it is clamped by the cap in the same way.
        ("additive", None) if of.duration("max").is_some() => Jitter::Additive(1.0),
        ("additive_up_to_delay", _) => Jitter::Additive(1.0),
        _ => return Err(format!("jitter `{kind}` is not mapped")),
    };
    of.all_read("jitter")?;
    Ok(jitter)
}

fn limits(cfg: &Fields<'_>, mut policy: Policy) -> Result<Policy, String> {
    for key in ["total_timeout", "deadline"] {
        if let Some(Some(limit)) = cfg.duration(key) {
            policy = policy.deadline(limit);
        }
    }
    if let Some(Some(limit)) = cfg.duration("attempt_timeout") {
        policy = policy.timeout(limit);
    }
    if let Some(Some(longest)) = cfg.duration("retry_after_max") {
        policy = policy.hint_cap(longest);
    }
    Ok(policy)
}

/// `total_timeout` interrupts attempts only if `order` starts with `timeout` (D34).
fn soft_limit(cfg: &Fields<'_>) -> Option<Duration> {
    let order = cfg.texts("order").unwrap_or_default();
    let hard = order.first().is_some_and(|outermost| outermost == "timeout");
    if hard { None } else { cfg.duration("total_timeout")? }
}

fn rejects(cfg: &Fields<'_>) -> Result<Option<Rejects>, String> {
    // Only matters for values, and by default we return the last one (D05).
    let fails = cfg.flag("fail_after_max_attempts").unwrap_or(false);
    let rejects = match cfg.get("retry_on_result") {
        None => return Ok(None),
        Some(Value::Sequence(values)) => Rejects::Values(values.iter().map(text).collect()),
        Some(word) if text(word) == "any" => Rejects::Any,
        Some(other) => Rejects::Values(vec![text(other)]),
    };
    if fails {
        return Err("`fail_after_max_attempts` for values is not offered (D05)".to_owned());
    }
    Ok(Some(rejects))
}

/// Parses `F`, `value of hook` or `err:S after 200 ms`.
fn fallback(words: &str) -> Result<Fallback, String> {
    let (what, takes) = match words.split_once(" after ") {
        Some((what, takes)) => (what, duration(&takes.replace(' ', ""))?),
        None => (words, Duration::ZERO),
    };
    let value = if what == "value of hook" { "fallback" } else { what };
    let fails = what.strip_prefix("err:").map(str::to_owned);
    Ok(Fallback { fails, takes, value: value.to_owned() })
}
