//! The settings of `breaker(…)` and `budget(…)`. Each has a row with its name, an example and the type of its value.
//!
//! A setting is a method of the runtime's `BreakerSettings` or `BudgetSettings`, which gives it its meaning. A test in
//! `tests/it/tidy.rs` compares the rows with those methods.

use retry_text::{elsewhere, nearest};
use syn::{Expr, ExprCall, Ident, Lit};

use crate::errors::Mistake;
use crate::read::key::Key;
use crate::read::literal::{
    bare_call, described, is_signed, literal, literal_count, literal_number,
};
use crate::read::time::Time;
use crate::read::words::percent;

/// A setting.
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// An example that messages show.
    pub(crate) write: &'static str,
    value: Value,
}

/// The type of a setting's value.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Time,
    /// A number above 0 and at most 1.
    Rate,
    /// A number from 0.
    Number,
    Count,
    Window,
    /// The name of a share in quotes, or an expression that makes a share.
    Share,
    /// A value whose type the runtime defines, or an expression that each call evaluates.
    Any,
}

/// The settings of a breaker.
pub(crate) const BREAKER: &[Setting] = &[
    setting("rate", "rate = 0.5", Value::Rate),
    setting("window", "window = count(200)` or `window = time(\"30s\")", Value::Window),
    setting("min_calls", "min_calls = 20", Value::Count),
    setting("slow", "slow = \"2s\"", Value::Time),
    setting("slow_rate", "slow_rate = 0.5", Value::Rate),
    setting("consecutive", "consecutive = 5", Value::Count),
    setting("forget", "forget = \"15m\"", Value::Time),
    setting("open", "open = \"5s\"", Value::Time),
    setting("open_max", "open_max = \"60s\"", Value::Time),
    setting("jitter", "jitter = 0.2", Value::Number),
    setting("probes", "probes = 5", Value::Count),
    setting("probe_rate", "probe_rate = 0.5", Value::Rate),
    setting("probe_timeout", "probe_timeout = \"10s\"", Value::Time),
    setting("share", "share = \"orders\"", Value::Share),
    setting("key", "key = host", Value::Any),
    setting("keys", "keys = 100", Value::Count),
];

/// The settings of a budget.
pub(crate) const BUDGET: &[Setting] = &[
    setting("capacity", "capacity = 20", Value::Count),
    setting("refill", "refill = \"10s\"", Value::Time),
    setting("deposit", "deposit = 0.1", Value::Number),
    setting("deposit_on", "deposit_on = DepositOn::FirstTry", Value::Any),
    setting("start", "start = 5.0", Value::Number),
    setting("cost", "cost = 1.0", Value::Number),
    setting("throttled_cost", "throttled_cost = 0.5", Value::Number),
    setting("ambiguous_cost", "ambiguous_cost = 1.0", Value::Number),
    setting("charge", "charge = Charge::Retries", Value::Any),
    setting("refund", "refund = Refund::Cost", Value::Any),
    setting("preset", "preset = aws", Value::Any),
    setting("key", "key = host", Value::Any),
    setting("keys", "keys = 100", Value::Count),
];

const fn setting(name: &'static str, write: &'static str, value: Value) -> Setting {
    Setting { name, write, value }
}

/// The settings of this argument.
pub(crate) fn of(argument: &Ident) -> &'static [Setting] {
    if argument == "breaker" { BREAKER } else { BUDGET }
}

/// Whether the word is a setting of a breaker or a budget.
pub(crate) fn is_name(word: &Ident) -> bool {
    BREAKER.iter().chain(BUDGET).any(|row| word == row.name)
}

/// Finds the example of a setting for messages, such as `rate = 0.5`.
pub(crate) fn written(word: &Ident) -> Option<&'static str> {
    BREAKER.iter().chain(BUDGET).find(|row| word == row.name).map(|row| row.write)
}

/// Finds the row of a setting. A name that has no row is a mistake.
pub(crate) fn row(of_argument: &Ident, name: &Ident) -> syn::Result<&'static Setting> {
    let (rows, word) = (of(of_argument), name.to_string());
    if let Some(row) = rows.iter().find(|row| row.name == word) {
        return Ok(row);
    }
    let lower = word.to_lowercase();
    let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
    let elsewhere = if of_argument == "breaker" { elsewhere::BREAKER } else { elsewhere::BUDGET };
    let meant = elsewhere::ours_in(elsewhere, &lower).or_else(|| nearest(&lower, &names));
    let meant = rows.iter().find(|row| Some(row.name) == meant);
    let help = match meant {
        Some(row) => format!("write `{}`", row.write),
        None if matches!(&*lower, "enabled" | "enable" | "disabled" | "on" | "off") => {
            format!("leave `{of_argument}` out, or switch it in the configuration")
        }
        None => format!("the settings are {}", names.join(", ")),
    };
    Err(name.mistake(format!("`{of_argument}` has no setting `{word}`\nhelp: {help}")))
}

impl Setting {
    /// The type of the setting's value.
    pub(crate) fn value(&self) -> Value {
        self.value
    }

    /// Checks a value, if it is a literal or a word. rustc checks the type of any other expression.
    pub(crate) fn check(&self, of: &Ident, key: &Key<'_>, value: &Expr) -> syn::Result<()> {
        match self.value {
            Value::Any => return Ok(()),
            Value::Window => return window(key, value),
            Value::Share if literal(value).is_some() => return share(key, value),
            _ => {}
        }
        if let Some((word, _)) = bare_call(value).filter(|_| matches!(value, Expr::Path(_))) {
            return match word.to_string().as_str() {
                // The only setting that can be turned off has a method for it.
                "none" if self.name == "refill" => Ok(()),
                "none" | "off" | "unlimited" | "never" | "default" => Err(value.mistake(format!(
                    "`{key}` has no word `{word}`\nhelp: leave `{key}` out for the default, or write `{}`",
                    self.write
                ))),
                _ => Err(value.mistake(format!(
                    "`{word}` is no constant: the settings of a {of} are set once for the function\n\
                     help: write a literal, such as `{}`, or the name of a constant",
                    self.write
                ))),
            };
        }
        if is_signed(value) {
            return Err(key.wrong(value, format!("`{key}` must not be negative")));
        }
        match self.value {
            Value::Time => Time::of(key, value).map(drop),
            Value::Count => count(key, value),
            _ => self.number(key, value),
        }
    }

    fn number(&self, key: &Key<'_>, value: &Expr) -> syn::Result<()> {
        match literal(value) {
            Some(Lit::Str(text)) => {
                let help = percent(&text.value())
                    .map_or(self.write.to_owned(), |number| format!("{key} = {}", float(number)));
                return Err(text
                    .mistake(format!("`{key}` is a number, not a string\nhelp: write `{help}`")));
            }
            Some(Lit::Int(_) | Lit::Float(_)) | None => {}
            Some(other) => return Err(key.wrong_kind(other, "is a number")),
        }
        match literal_number(value) {
            Some(rate) if self.value == Value::Rate && !(rate > 0.0 && rate <= 1.0) => {
                let part = if (5.0..=100.0).contains(&rate) { rate / 100.0 } else { 0.5 };
                Err(value.mistake(format!(
                    "`{key}` ({rate}) must be above 0 and at most 1: a part of the calls\n\
                     help: write `{key} = {}`",
                    float(part)
                )))
            }
            _ => Ok(()),
        }
    }
}

/// A number with a point, which Rust asks for.
fn float(number: f64) -> String {
    if number.fract() == 0.0 { format!("{number}.0") } else { number.to_string() }
}

fn count(key: &Key<'_>, value: &Expr) -> syn::Result<()> {
    match literal(value) {
        Some(Lit::Str(text)) => {
            let number = text.value().trim().parse::<u32>().ok();
            let help = number.map_or(key.write.to_owned(), |number| format!("{key} = {number}"));
            Err(text
                .mistake(format!("`{key}` is a whole number, not a string\nhelp: write `{help}`")))
        }
        Some(Lit::Int(_)) if literal_count(value) == Some(0) => {
            Err(key.wrong(value, format!("`{key}` (0) must be at least 1")))
        }
        Some(Lit::Int(_)) | None => Ok(()),
        Some(other) => Err(key.wrong(
            other,
            match other {
                Lit::Float(_) => format!("`{key}` is a whole number"),
                _ => format!("`{key}` is a whole number, not {}", described(other)),
            },
        )),
    }
}

/// Checks the value of `window`: `count(100)`, `time("30s")`, or an expression.
fn window(key: &Key<'_>, value: &Expr) -> syn::Result<()> {
    let wrong = |write: String| {
        Err(value.mistake(format!("`{key}` is a number of calls or a period\nhelp: write {write}")))
    };
    let number = |value: &Expr| match literal(value) {
        Some(Lit::Int(number)) => Some(number.base10_digits().to_owned()),
        _ => None,
    };
    match (literal(value), bare_call(value)) {
        (Some(Lit::Int(calls)), _) => wrong(format!("`{key} = count({calls})`")),
        (Some(Lit::Str(text)), _) => match Time::parse(text) {
            Ok(_) => wrong(format!("`{key} = time(\"{}\")`", text.value())),
            Err(error) => Err(error),
        },
        (Some(_), _) => wrong(format!("`{}`", key.write)),
        (None, None) => Ok(()),
        (None, Some((word, _))) => match (word.to_string().as_str(), one_value(value)) {
            ("count", Some(calls)) => match literal(calls) {
                Some(Lit::Str(time)) => wrong(format!("`{key} = time(\"{}\")`", time.value())),
                _ => count(&Key { name: word, write: "window = count(200)" }, calls),
            },
            ("time", Some(period)) => match literal(period) {
                Some(Lit::Str(text)) => Time::parse(text).map(drop),
                Some(_) => match number(period) {
                    Some(seconds) => wrong(format!("`{key} = time(\"{seconds}s\")`")),
                    None => wrong(format!("`{key} = time(\"30s\")`")),
                },
                None => Ok(()),
            },
            ("calls" | "requests" | "size", Some(calls)) if number(calls).is_some() => {
                wrong(format!("`{key} = count({})`", number(calls).unwrap_or_default()))
            }
            ("seconds" | "secs" | "duration", Some(period)) if number(period).is_some() => {
                wrong(format!("`{key} = time(\"{}s\")`", number(period).unwrap_or_default()))
            }
            _ => wrong(format!("`{}`", key.write)),
        },
    }
}

/// Checks the literal of `share`: a name.
fn share(key: &Key<'_>, value: &Expr) -> syn::Result<()> {
    match literal(value) {
        Some(Lit::Str(name)) => match &*name.value() {
            "" => Err(key.wrong(value, format!("`{key}` is an empty name"))),
            "none" => Err(value.mistake(format!(
                "`{key}` is a name, and \"none\" would be one\nhelp: leave `{key}` out for a breaker that is local"
            ))),
            _ => Ok(()),
        },
        Some(other) => Err(key.wrong_kind(other, "is the name of a share")),
        None => Ok(()),
    }
}

fn one_value(call: &Expr) -> Option<&Expr> {
    match call {
        Expr::Call(ExprCall { args, .. }) if args.len() == 1 => args.first(),
        _ => None,
    }
}
