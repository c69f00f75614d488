//! Settings that are one of several words: backoff, jitter, kinds.

use std::time::Duration;

use retry_text::nearest;

use super::keys::{self, Unit};
use super::tree::{Node, Value};
use super::value::{Growth, Read, Setting, wrong};
use super::written::{Written, exact};
use retry_runtime::{Hint, Jitter, Kind, Kinds, PolicyError};

/// The values of a setting, each with its word.
pub(crate) type Words<T> = [(&'static str, T)];

/// The value of a word.
pub(crate) fn chosen<T: Clone>(words: &Words<T>, word: &str) -> Option<T> {
    words.iter().find(|(known, _)| *known == word).map(|(_, value)| value.clone())
}

/// The word of a value that has one.
pub(crate) fn word<T: PartialEq>(words: &Words<T>, value: &T) -> Written {
    let word = words.iter().find(|(_, known)| known == value);
    Written::text(word.map_or("", |(word, _)| word))
}

/// The message for a word that is none of these.
pub(crate) fn unknown<T>(what: &str, word: &str, words: &Words<T>) -> String {
    let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
    keys::unknown(what, word, &known)
}

const GROWTHS: [(&str, Growth); 5] = [
    ("exponential", Growth::Exponential),
    ("fixed", Growth::Fixed),
    ("linear", Growth::Linear),
    ("fibonacci", Growth::Fibonacci),
    // In exported lists of functions; `check` refuses it in a configuration.
    ("custom", Growth::Custom),
];

impl Setting for Growth {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(word) => {
                chosen(&GROWTHS, word).ok_or_else(|| unknown(key, word, &GROWTHS[..4]))
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

    fn written(&self) -> Written {
        match self {
            Growth::List(delays) => {
                Written::List(delays.iter().map(|delay| exact(*delay)).collect())
            }
            growth => word(&GROWTHS, growth),
        }
    }
}

/// Jitters without a number.
const JITTERS: [(&str, Jitter); 4] = [
    ("full", Jitter::Full),
    ("equal", Jitter::Equal),
    ("decorrelated", Jitter::Decorrelated),
    ("none", Jitter::None),
];

impl Setting for Jitter {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        let Value::Text(text) = &node.value else {
            let write = "\"full\", \"none\" or \"proportional(0.2)\"";
            return wrong(key, "a word", &node.value, write);
        };
        if let Some(jitter) = chosen(&JITTERS, text) {
            return Ok(jitter);
        }
        let (word, rest) = text.split_once('(').unwrap_or((text, ""));
        let word = word.trim();
        let make = match word {
            "proportional" => Jitter::Proportional,
            "additive" => Jitter::Additive,
            "first" => Jitter::First,
            _ => return Err(unknown_jitter(key, text, word)),
        };
        let number = rest.strip_suffix(')').and_then(|number| number.trim().parse().ok());
        number
            .map(make)
            .ok_or_else(|| format!("`{key}` ({text}) needs a number: write \"{word}(0.2)\""))
    }

    fn written(&self) -> Written {
        match self {
            Jitter::Proportional(r) => Written::text(format!("proportional({r})")),
            Jitter::Additive(r) => Written::text(format!("additive({r})")),
            Jitter::First(r) => Written::text(format!("first({r})")),
            jitter => word(&JITTERS, jitter),
        }
    }
}

fn unknown_jitter(key: &str, text: &str, word: &str) -> String {
    let forms =
        ["full", "equal", "decorrelated", "proportional(r)", "additive(r)", "first(r)", "none"];
    let words = forms.map(|form| form.trim_end_matches("(r)"));
    let meant =
        nearest(word, &words).and_then(|near| forms.iter().find(|form| form.starts_with(near)));
    keys::unknown_meant(key, text, meant.copied(), &forms)
}

const HINTS: [(&str, Hint); 3] =
    [("at_least", Hint::AtLeast), ("instead", Hint::Instead), ("exact", Hint::Exact)];

impl Setting for Hint {
    fn read(key: &str, _: Option<Unit>, node: &Node) -> Read<Self> {
        match &node.value {
            Value::Text(word) => chosen(&HINTS, word).ok_or_else(|| unknown(key, word, &HINTS)),
            found => wrong(key, "a word", found, "\"at_least\", \"instead\" or \"exact\""),
        }
    }

    fn written(&self) -> Written {
        word(&HINTS, self)
    }
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

    fn written(&self) -> Written {
        if *self == Kinds::NONE { Written::List(Vec::new()) } else { Written::text(self) }
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
