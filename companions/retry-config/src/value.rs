//! The types of settings: how each is read from a tree, with messages that name the remedy, and how each is written.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use retry_text::duration;

use super::keys::{self, Unit};
use super::tree::{Node, Value, shown};
use super::written::{Written, exact};
use retry_runtime::PolicyError;
use retry_runtime::budget::Refund;
use retry_runtime::control::{Attempts, HintCap};

/// The value that was read, or the message for the user.
pub(crate) type Read<T> = Result<T, String>;

/// A type of settings.
pub(crate) trait Setting: Sized {
    /// Whether the key may end in a unit: `base_ms`.
    const IS_TIME: bool = false;

    /// Reads the value of a key.
    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self>;

    /// The value as a file would write it.
    fn written(&self) -> Written;
}

/// A limit in time.
///
/// ```
/// use retry_config::{Settings, TimeLimit};
///
/// let settings: Settings = "deadline = none, timeout = 5s, idempotent".parse()?;
/// assert_eq!(settings.deadline, Some(TimeLimit::None));
/// assert_eq!(settings.timeout, Some(TimeLimit::After(std::time::Duration::from_secs(5))));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLimit {
    /// No limit, even if a lower layer has one.
    None,
    /// A limit of this length.
    After(Duration),
}

/// How delays grow, as a configuration writes it.
///
/// ```
/// use retry_config::{Growth, Settings};
///
/// let settings: Settings = "backoff = linear".parse()?;
/// assert_eq!(settings.backoff, Some(Growth::Linear));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
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
    /// A list of delays; the last one repeats.
    List(Vec<Duration>),
    /// A function of the program, [`Backoff::Custom`](retry_runtime::Backoff::Custom); a file cannot set it.
    Custom,
}

/// A budget or a breaker.
///
/// ```
/// use retry_config::{Named, Settings};
///
/// let settings: Settings = "budget = payments, breaker = none".parse()?;
/// assert_eq!(settings.budget, Some(Named::Name("payments".into())));
/// assert_eq!(settings.breaker, Some(Named::None));
/// # Ok::<(), retry_config::ConfigErrors>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Named {
    /// No budget or breaker.
    None,
    /// The budget or breaker of this name.
    Name(String),
}

/// The message for a value of the wrong type.
pub(crate) fn wrong<T>(key: &str, what: &str, found: &Value, write: &str) -> Read<T> {
    Err(format!("`{key}` is {what}, not {found}; write {write}"))
}

impl Setting for bool {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Flag(flag) => Ok(*flag),
            found => wrong(key, "a flag", found, &format!("`{key} = true` or `{key} = false`")),
        }
    }

    fn written(&self) -> Written {
        Written::Flag(*self)
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

    fn written(&self) -> Written {
        Written::text(self)
    }
}

/// A count of tokens, calls or probes; a setting with another range reads it by [`whole`].
impl Setting for u32 {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        whole(key, node, 1..=100_000)
    }

    fn written(&self) -> Written {
        Written::Whole(*self)
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
        found => {
            let meant = match found {
                Value::Text(text) => {
                    text.trim().parse().ok().filter(|number| range.contains(number))
                }
                _ => None,
            };
            wrong(key, "a number", found, &format!("`{key} = {}`", meant.unwrap_or(*least.max(&3))))
        }
    }
}

impl Setting for f64 {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Number(number) => Ok(*number),
            Value::Whole(number) => Ok(*number as f64),
            found => {
                let meant = match found {
                    Value::Text(text) => number_in(text),
                    _ => None,
                };
                // Of these settings only `factor` is above 1.
                let example = if key == "factor" { 2.0 } else { 0.5 };
                wrong(key, "a number", found, &format!("`{key} = {:?}`", meant.unwrap_or(example)))
            }
        }
    }

    fn written(&self) -> Written {
        Written::Number(*self)
    }
}

/// The number that `"0.3"` or `"30%"` stands for.
fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let number = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().ok()? / 100.0,
        None => text.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

/// A text with a unit, or a number where the key has the unit.
impl Setting for Duration {
    const IS_TIME: bool = true;

    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        match (&node.value, unit) {
            (Value::Text(text), None) => duration::parse(text).map_err(|problem| {
                format!("the duration {} {problem}; write {}", shown(text), duration::FORM)
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

    fn written(&self) -> Written {
        Written::text(exact(*self))
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

/// A duration at which a longer hint stops the call, or `clamp(10s)`, which cuts it.
impl Setting for HintCap {
    const IS_TIME: bool = true;

    fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
        let clamped = match &node.value {
            Value::Text(text) => {
                text.strip_prefix("clamp(").and_then(|text| text.strip_suffix(')'))
            }
            _ => None,
        };
        let Some(longest) = clamped else {
            return Duration::read(key, unit, node).map(HintCap::Stop);
        };
        // In one line of text the attribute's quotes may be written, too.
        let longest = longest.trim().trim_matches(['"', '\'']).to_owned();
        let longest = Node::new(node.line, Value::Text(longest));
        Duration::read(key, None, &longest).map(HintCap::Clamp)
    }

    fn written(&self) -> Written {
        match self {
            HintCap::Stop(longest) => longest.written(),
            HintCap::Clamp(longest) => Written::text(format!("clamp({})", exact(*longest))),
        }
    }
}

/// Input: a type of two variants, one with a word and one with a value.
/// Output: its [`Setting`], which is the word or the value.
macro_rules! word_or_value {
    ($name:ident { $word:literal => $fixed:ident, $of:ty => $variant:ident }) => {
        impl Setting for $name {
            const IS_TIME: bool = <$of as Setting>::IS_TIME;

            fn read(key: &str, unit: Option<Unit>, node: &Node) -> Read<Self> {
                match &node.value {
                    Value::Text(text) if text == $word => Ok($name::$fixed),
                    _ => <$of as Setting>::read(key, unit, node).map($name::$variant),
                }
            }

            fn written(&self) -> Written {
                match self {
                    $name::$fixed => Written::text($word),
                    $name::$variant(value) => value.written(),
                }
            }
        }
    };
}

word_or_value!(TimeLimit { "none" => None, Duration => After });
word_or_value!(Named { "none" => None, String => Name });
word_or_value!(Refund { "cost" => Cost, f64 => Tokens });

/// The largest number of attempts; `u32::MAX` stands for no limit.
pub(crate) const MOST_ATTEMPTS: u32 = u32::MAX - 1;

impl Setting for Attempts {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(text) if text == "unlimited" => Ok(Attempts::Unlimited),
            Value::Text(text) if text == "forever" => Ok(Attempts::Forever),
            Value::Text(text) => Err(format!(
                "`{key}` is a number, \"unlimited\" or \"forever\", not the text {}; write `{key} = 4`",
                shown(text)
            )),
            Value::Whole(0) => Err(PolicyError::NoAttempts.to_string()),
            _ => whole(key, node, 1..=MOST_ATTEMPTS).map(Attempts::Count),
        }
    }

    fn written(&self) -> Written {
        match self {
            Attempts::Count(count) => count.written(),
            Attempts::Unlimited => Written::text("unlimited"),
            Attempts::Forever => Written::text("forever"),
        }
    }
}
