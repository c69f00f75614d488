//! The types of settings, and how each is read from a tree. A message says what is wrong and what to write.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use retry_text::{duration, nearest};

use super::keys::{self, Unit};
use super::tree::{Node, Value};
use crate::{Jitter, Kind, Kinds, PolicyError};

/// The value that was read, or the message for the user.
pub(crate) type Read<T> = Result<T, String>;

/// A type of settings.
pub(crate) trait Setting: Sized {
    /// Whether the key may end in a unit: `base_ms`.
    const IS_TIME: bool = false;

    /// Reads the value of a key.
    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self>;
}

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

impl Growth {
    pub(crate) const WORDS: [(&str, Growth); 4] = [
        ("exponential", Growth::Exponential),
        ("fixed", Growth::Fixed),
        ("linear", Growth::Linear),
        ("fibonacci", Growth::Fibonacci),
    ];
}

/// Jitters that are a word alone.
pub(crate) const JITTERS: [(&str, Jitter); 4] = [
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
    ("none", Jitter::None),
];

/// Jitters with a number: `proportional(0.2)`.
const JITTERS_WITH_NUMBER: [(&str, fn(f64) -> Jitter); 2] =
    [("proportional", Jitter::Proportional), ("additive", Jitter::Additive)];

/// The message for a value of the wrong type.
fn wrong<T>(key: &str, what: &str, found: &Value, write: &str) -> Read<T> {
    Err(format!("`{key}` is {what}, not {found}; write {write}"))
}

impl Setting for bool {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Flag(flag) => Ok(*flag),
            found => wrong(key, "a flag", found, &format!("`{key} = true` or `{key} = false`")),
        }
    }
}

impl Setting for String {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(text) if text.trim().is_empty() => {
                Err(format!("`{key}` is an empty text; write a name, or remove it"))
            }
            Value::Text(text) => Ok(text.clone()),
            found => wrong(key, "a name", found, &format!("`{key} = \"name\"`")),
        }
    }
}

/// A count of tokens, calls or probes; a setting with another range reads it by [`whole`].
impl Setting for u32 {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        whole(key, node, 1..=100_000)
    }
}

/// Reads a whole number.
pub(crate) fn whole(key: &str, node: &Node, range: RangeInclusive<u32>) -> Read<u32> {
    let (least, most) = (range.start(), range.end());
    let ranged = |found: &dyn Display| {
        Err(format!("`{key}` ({found}) must be a whole number from {least} to {most}"))
    };
    match &node.value {
        Value::Whole(number) => match u32::try_from(*number) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => ranged(number),
        },
        Value::Number(number) => ranged(number),
        found => wrong(key, "a number", found, &format!("`{key} = {}`", least.max(&3))),
    }
}

impl Setting for f64 {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Number(number) => Ok(*number),
            Value::Whole(number) => Ok(*number as f64),
            found => wrong(key, "a number", found, &format!("`{key} = 2.0`")),
        }
    }
}

/// A text with a unit, or a number where the key has the unit.
impl Setting for Duration {
    const IS_TIME: bool = true;

    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        match (&node.value, unit) {
            (Value::Text(text), None) => duration::parse(text).map_err(|problem| {
                format!("the duration {text:?} {problem}; write {}", duration::FORM)
            }),
            (Value::Whole(number), Some((nanos, unit))) => {
                units(*number, nanos).ok_or_else(|| out_of_range(key, number, unit))
            }
            (Value::Number(number), Some((nanos, unit))) => {
                let time = Duration::try_from_secs_f64(number * nanos as f64 / 1e9);
                time.map_err(|_| out_of_range(key, &format_args!("{number:e}"), unit))
            }
            (found, Some((nanos, unit))) => {
                let meant = match found {
                    Value::Text(text) => duration::parse(text).ok(),
                    _ => None,
                };
                let number = meant.map_or(500.0, |time| time.as_nanos() as f64 / nanos as f64);
                let name = keys::in_unit(key, nanos);
                wrong(key, &format!("a number of {unit}"), found, &format!("`{name} = {number}`"))
            }
            (Value::Whole(number), None) => Err(unitless(key, number)),
            (Value::Number(number), None) => Err(unitless(key, number)),
            (found, None) => wrong(key, "a duration", found, duration::FORM),
        }
    }
}

/// A number of units, each so many nanoseconds long; `None` when no duration is as long.
fn units(number: i128, nanos: u64) -> Option<Duration> {
    let time = u128::try_from(number).ok()?.checked_mul(nanos.into())?;
    let seconds = u64::try_from(time / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, (time % 1_000_000_000) as u32))
}

fn out_of_range(key: &str, number: &dyn Display, unit: &str) -> String {
    format!("`{key}` ({number} {unit}) must be from 0 to {} s", u64::MAX)
}

fn unitless(key: &str, number: &dyn Display) -> String {
    format!(
        "`{key}` ({number}) is a duration and needs a unit: write \"{number}s\" or \"{number}ms\""
    )
}

fn is_none(node: &Node) -> bool {
    matches!(&node.value, Value::Text(text) if text == "none")
}

impl Setting for TimeLimit {
    const IS_TIME: bool = true;

    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        if is_none(node) {
            return Ok(TimeLimit::None);
        }
        Duration::read(key, unit, node).map(TimeLimit::After)
    }
}

impl Setting for Named {
    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        if is_none(node) {
            return Ok(Named::None);
        }
        String::read(key, unit, node).map(Named::Name)
    }
}

/// The largest number of attempts; `u32::MAX` stands for no limit.
pub(crate) const MOST_ATTEMPTS: u32 = u32::MAX - 1;

impl Setting for Attempts {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(text) if text == "unlimited" => Ok(Attempts::Unlimited),
            Value::Text(text) => Err(format!(
                "`{key}` is a number or \"unlimited\", not the text {text:?}; write `{key} = 4`"
            )),
            Value::Whole(0) => Err(PolicyError::NoAttempts.to_string()),
            _ => whole(key, node, 1..=MOST_ATTEMPTS).map(Attempts::Count),
        }
    }
}

impl Setting for Growth {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(word) => {
                let found = Growth::WORDS.iter().find(|(name, _)| name == word);
                found
                    .map(|(_, growth)| growth.clone())
                    .ok_or_else(|| keys::unknown(key, word, &Growth::WORDS.map(|(name, _)| name)))
            }
            Value::List(nodes) if nodes.is_empty() => Err(PolicyError::EmptyList.to_string()),
            Value::List(nodes) => {
                let delays = nodes.iter().map(|node| Duration::read(key, None, node));
                delays.collect::<Read<_>>().map(Growth::List)
            }
            found => {
                wrong(key, "a word or a list", found, "\"exponential\" or [\"100ms\", \"1s\"]")
            }
        }
    }
}

impl Setting for Jitter {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        let Value::Text(text) = &node.value else {
            let write = "\"full\", \"none\" or \"proportional(0.2)\"";
            return wrong(key, "a word", &node.value, write);
        };
        if let Some((_, jitter)) = JITTERS.iter().find(|(word, _)| word == text) {
            return Ok(*jitter);
        }
        let (word, rest) = text.split_once('(').unwrap_or((text, ""));
        let word = word.trim();
        let Some((_, make)) = JITTERS_WITH_NUMBER.iter().find(|(known, _)| *known == word) else {
            return Err(unknown_jitter(key, text, word));
        };
        let number = rest.strip_suffix(')').and_then(|number| number.trim().parse().ok());
        number
            .map(make)
            .ok_or_else(|| format!("`{key}` ({text}) needs a number: write \"{word}(0.2)\""))
    }
}

fn unknown_jitter(key: &str, text: &str, word: &str) -> String {
    let known = ["full", "equal", "decorrelated", "proportional(r)", "additive(r)", "none"];
    let words = known.map(|form| form.trim_end_matches("(r)"));
    let meant =
        nearest(word, &words).and_then(|near| known.iter().find(|form| form.starts_with(near)));
    keys::unknown_meant(key, text, meant.copied(), &known)
}

/// `"transient | throttled"`, or a list of kinds.
impl Setting for Kinds {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        const WHAT: &str = "a list of kinds";
        let words: Vec<&str> = match &node.value {
            Value::Text(text) => text.split(['|', ',']).map(str::trim).collect(),
            Value::List(nodes) => {
                let texts = nodes.iter().map(|node| match &node.value {
                    Value::Text(text) => Ok(text.trim()),
                    found => wrong(key, WHAT, found, "[\"transient\", \"throttled\"]"),
                });
                texts.collect::<Read<_>>()?
            }
            found => return wrong(key, WHAT, found, "\"transient | throttled\""),
        };
        words.into_iter().try_fold(Kinds::NONE, |kinds, word| Ok(kinds.with(kind(word)?)))
    }
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
        None => Err(keys::unknown("kind", word, &["transient", "throttled", "ambiguous"])),
    }
}
