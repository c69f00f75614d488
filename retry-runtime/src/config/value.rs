//! Single values, read from a tree: each function returns what is wrong and what to write.

use std::time::Duration;

use retry_text::{duration, nearest};

use super::keys::Unit;
use super::tree::{Node, Value};
use crate::failure::class::Kind;
use crate::failure::kinds::Kinds;
use crate::policy::PolicyError;
use crate::policy::jitter::Jitter;

/// What was read, or a message.
pub(crate) type Read<T> = Result<T, String>;

/// A limit on attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempts {
    /// So many, the first one included.
    Count(u32),
    /// As many as the deadline allows.
    Unlimited,
}

/// A limit in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLimit {
    /// None, whatever was said before.
    None,
    /// This long.
    After(Duration),
}

/// How delays grow, as a configuration says it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Growth {
    /// Multiplied by `factor` each time.
    Exponential,
    /// The same each time.
    Fixed,
    /// One more `base` each time.
    Linear,
    /// The Fibonacci numbers times `base`.
    Fibonacci,
    /// Written out; the last entry repeats.
    List(Vec<Duration>),
}

/// A budget or a breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// None.
    None,
    /// The one of this name.
    Name(String),
}

const GROWTHS: [(&str, Growth); 4] = [
    ("exponential", Growth::Exponential),
    ("fixed", Growth::Fixed),
    ("linear", Growth::Linear),
    ("fibonacci", Growth::Fibonacci),
];

const JITTERS: [&str; 6] =
    ["full", "equal", "decorrelated", "proportional(r)", "additive(r)", "none"];

/// The message for a value of the wrong type.
fn wrong<T>(key: &str, what: &str, found: &Value, write: &str) -> Read<T> {
    Err(format!("`{key}` is {what}, not {found}; write {write}"))
}

pub(crate) fn flag(key: &str, node: &Node) -> Read<bool> {
    match &node.value {
        Value::Flag(flag) => Ok(*flag),
        found => wrong(key, "a flag", found, &format!("`{key} = true` or `{key} = false`")),
    }
}

pub(crate) fn text(key: &str, node: &Node) -> Read<String> {
    match &node.value {
        Value::Text(text) if text.trim().is_empty() => {
            Err(format!("`{key}` is an empty text; write a name, or remove it"))
        }
        Value::Text(text) => Ok(text.clone()),
        found => wrong(key, "a name", found, &format!("`{key} = \"name\"`")),
    }
}

/// A whole number from `least` to `most`.
pub(crate) fn whole(key: &str, node: &Node, least: u32, most: u32) -> Read<u32> {
    let ranged = |found: &dyn std::fmt::Display| {
        Err(format!("`{key}` ({found}) must be a whole number from {least} to {most}"))
    };
    match &node.value {
        Value::Whole(number) => match u32::try_from(*number) {
            Ok(number) if (least..=most).contains(&number) => Ok(number),
            _ => ranged(number),
        },
        Value::Number(number) => ranged(number),
        found => wrong(key, "a number", found, &format!("`{key} = {}`", least.max(3))),
    }
}

pub(crate) fn number(key: &str, node: &Node) -> Read<f64> {
    match &node.value {
        Value::Number(number) => Ok(*number),
        Value::Whole(number) => Ok(*number as f64),
        found => wrong(key, "a number", found, &format!("`{key} = 2.0`")),
    }
}

/// A duration: a text with a unit, or a number where the key has the unit.
pub(crate) fn time(key: &str, node: &Node, unit: Option<Unit>) -> Read<Duration> {
    match (&node.value, unit) {
        (Value::Text(text), None) => duration::parse(text).map_err(|problem| {
            format!("the duration {text:?} {problem}; write {}", duration::FORM)
        }),
        (Value::Whole(number), Some((nanos, unit))) => {
            let time = u128::try_from(*number).ok().and_then(|n| n.checked_mul(nanos.into()));
            let seconds = time.and_then(|time| u64::try_from(time / 1_000_000_000).ok());
            match (time, seconds) {
                (Some(time), Some(_)) => Ok(crate::base::duration::from_nanos(time)),
                _ => Err(format!("`{key}` ({number} {unit}) must be from 0 to {} s", u64::MAX)),
            }
        }
        (Value::Number(number), Some((nanos, unit))) => {
            Duration::try_from_secs_f64(number * nanos as f64 / 1e9).map_err(|_| {
                format!("`{key}` ({number:e} {unit}) must be from 0 to {} s", u64::MAX)
            })
        }
        (found, Some((nanos, unit))) => {
            let meant = match found {
                Value::Text(text) => duration::parse(text).ok(),
                _ => None,
            };
            let number = meant.map_or(500.0, |time| time.as_nanos() as f64 / nanos as f64);
            let name = super::keys::in_unit(key, nanos);
            wrong(key, &format!("a number of {unit}"), found, &format!("`{name} = {number}`"))
        }
        (Value::Whole(number), None) => Err(unitless(key, number)),
        (Value::Number(number), None) => Err(unitless(key, number)),
        (found, None) => wrong(key, "a duration", found, duration::FORM),
    }
}

fn unitless(key: &str, number: &dyn std::fmt::Display) -> String {
    format!(
        "`{key}` ({number}) is a duration and needs a unit: write \"{number}s\" or \"{number}ms\""
    )
}

pub(crate) fn limit(key: &str, node: &Node, unit: Option<Unit>) -> Read<TimeLimit> {
    if is_none(node) {
        return Ok(TimeLimit::None);
    }
    time(key, node, unit).map(TimeLimit::After)
}

pub(crate) fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "none")
}

pub(crate) fn named(key: &str, node: &Node) -> Read<Named> {
    if is_none(node) {
        return Ok(Named::None);
    }
    text(key, node).map(Named::Name)
}

/// The largest number of attempts; one above stands for no limit.
const MOST: u32 = u32::MAX - 1;

pub(crate) fn retries(node: &Node) -> Read<u32> {
    whole("max", node, 0, MOST - 1)
}

pub(crate) fn attempts(node: &Node) -> Read<Attempts> {
    match &node.value {
        Value::Text(text) if text == "unlimited" => Ok(Attempts::Unlimited),
        Value::Text(text) => Err(format!(
            "`attempts` is a number or \"unlimited\", not the text {text:?}; write `attempts = 4`"
        )),
        Value::Whole(0) => Err(PolicyError::NoAttempts.to_string()),
        _ => whole("attempts", node, 1, MOST).map(Attempts::Count),
    }
}

pub(crate) fn growth(node: &Node) -> Read<Growth> {
    match &node.value {
        Value::Text(word) => {
            let found = GROWTHS.iter().find(|(name, _)| name == word);
            found.map(|(_, growth)| growth.clone()).ok_or_else(|| {
                let names = GROWTHS.map(|(name, _)| name);
                super::keys::unknown("backoff", word, &names)
            })
        }
        Value::List(nodes) if nodes.is_empty() => Err(PolicyError::EmptyList.to_string()),
        Value::List(nodes) => {
            let entries: Read<Vec<_>> =
                nodes.iter().map(|node| time("backoff", node, None)).collect();
            entries.map(Growth::List)
        }
        found => {
            wrong("backoff", "a word or a list", found, "\"exponential\" or [\"100ms\", \"1s\"]")
        }
    }
}

pub(crate) fn jitter(node: &Node) -> Read<Jitter> {
    let Value::Text(text) = &node.value else {
        return wrong(
            "jitter",
            "a word",
            &node.value,
            "\"full\", \"none\" or \"proportional(0.2)\"",
        );
    };
    let jitter = match text.as_str() {
        "full" => Jitter::Full,
        "equal" => Jitter::Equal,
        "decorrelated" => Jitter::Decorrelated,
        "none" => Jitter::None,
        other => return call(other),
    };
    Ok(jitter)
}

/// `proportional(0.2)`.
fn call(text: &str) -> Read<Jitter> {
    let (word, rest) = text.split_once('(').unwrap_or((text, ""));
    let argument = rest.strip_suffix(')').map(str::trim);
    let make = match word.trim() {
        "proportional" => Jitter::Proportional,
        "additive" => Jitter::Additive,
        _ => {
            let words = JITTERS.map(|word| word.trim_end_matches("(r)"));
            let meant = nearest(word.trim(), &words).and_then(|word| {
                JITTERS.into_iter().find(|jitter| jitter.trim_end_matches("(r)") == word)
            });
            return Err(match meant {
                Some(meant) => format!("unknown jitter `{text}`; did you mean `{meant}`?"),
                None => {
                    format!("unknown jitter `{text}`; the known ones are {}", JITTERS.join(", "))
                }
            });
        }
    };
    let Some(r) = argument.and_then(|r| r.parse::<f64>().ok()) else {
        return Err(format!("`jitter` ({text}) needs a number: write \"{}(0.2)\"", word.trim()));
    };
    Ok(make(r))
}

/// `"transient | throttled"`, or a list of kinds.
pub(crate) fn kinds(node: &Node) -> Read<Kinds> {
    let words: Vec<&str> = match &node.value {
        Value::Text(text) => text.split(['|', ',']).map(str::trim).collect(),
        Value::List(nodes) => {
            let texts = nodes.iter().map(|node| match &node.value {
                Value::Text(text) => Ok(text.trim()),
                found => wrong("on", "a list of kinds", found, "[\"transient\", \"throttled\"]"),
            });
            texts.collect::<Read<_>>()?
        }
        found => return wrong("on", "a list of kinds", found, "\"transient | throttled\""),
    };
    words.into_iter().try_fold(Kinds::NONE, |kinds, word| Ok(kinds.with(kind(word)?)))
}

fn kind(word: &str) -> Read<Kind> {
    let lower = word.to_lowercase();
    match Kind::ALL.into_iter().find(|kind| kind.name() == lower) {
        Some(kind @ (Kind::Overloaded | Kind::Permanent)) => {
            Err(PolicyError::NeverRetried(kind).to_string())
        }
        Some(kind) => Ok(kind),
        None if lower == "any" => Err(
            "`on = any` is decided when the program is compiled and can only be written in the attribute; \
             list kinds: \"transient | throttled\""
                .to_owned(),
        ),
        None => Err(super::keys::unknown("kind", word, &["transient", "throttled", "ambiguous"])),
    }
}
