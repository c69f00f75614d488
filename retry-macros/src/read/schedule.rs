//! The delays of an attribute whose values are all literal: for its documentation and its checks.
//!
//! The runtime computes delays; this is the same arithmetic once more, in seconds as floats, because a
//! macro cannot ask it. What it does not know (a constant, a backoff added later) has no schedule here.

use std::time::Duration;

use crate::read::args::{Args, Backoff, Time};
use crate::read::key::Keyed;
use crate::read::values as value;

/// The default number of retries, the delay before the first, its growth, and the longest.
const RETRIES: u64 = 3;
pub(crate) const BASE: Duration = Duration::from_secs(1);
const FACTOR: f64 = 2.0;
pub(crate) const CAP: Duration = Duration::from_secs(30);

/// No documentation table is longer.
const ROWS: u64 = 12;

/// The pause before one retry, in seconds.
#[derive(Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) retry: u64,
    pub(crate) shortest: f64,
    pub(crate) longest: f64,
    /// All pauses up to this one.
    pub(crate) earliest: f64,
    pub(crate) latest: f64,
}

/// The number of retries; `None` when it is unlimited or not literal.
pub(crate) fn retries(args: &Args) -> Option<u64> {
    match (&args.max, &args.attempts, &args.policy) {
        (Some(max), _, _) => value::literal_count(&max.value),
        (None, Some(attempts), _) => value::literal_count(&attempts.value)?.checked_sub(1),
        (None, None, None) => Some(RETRIES),
        (None, None, Some(_)) => None,
    }
}

/// The pauses, as far as a table shows them; `None` when they depend on something that is not literal.
pub(crate) fn pauses(args: &Args) -> Option<Vec<Pause>> {
    let settings = ["max", "attempts", "base", "cap", "factor", "backoff", "jitter", "policy"];
    if args.policy.is_some() || settings.into_iter().any(|name| args.misread(name)) {
        return None;
    }
    let base = time(args.base.as_ref(), BASE)?;
    let cap = time(args.cap.as_ref(), CAP)?;
    let factor = match &args.factor {
        Some(factor) => value::literal_number(&factor.value)?,
        None => FACTOR,
    };
    let grow = growth(args, base, factor)?;
    let spread = spread(args, base)?;
    let unlimited = args
        .attempts
        .as_ref()
        .is_some_and(|attempts| value::literal_count(&attempts.value).is_none());
    let rows = if unlimited { ROWS } else { retries(args)?.min(ROWS) };
    let (mut previous, mut earliest, mut latest) = (base, 0.0, 0.0);
    let mut pauses = Vec::new();
    for retry in 1..=rows {
        let (shortest, longest) = spread(grow(retry).min(cap), previous);
        let (shortest, longest) = (shortest.min(cap), longest.min(cap));
        earliest += shortest;
        latest += longest;
        previous = longest;
        pauses.push(Pause { retry, shortest, longest, earliest, latest });
    }
    Some(pauses)
}

fn time(time: Option<&Keyed<Time>>, default: Duration) -> Option<f64> {
    match time {
        None => Some(default.as_secs_f64()),
        Some(time) => literal(&time.value).map(|duration| duration.as_secs_f64()),
    }
}

/// A duration that is written as a text.
pub(crate) fn literal(time: &Time) -> Option<Duration> {
    match time {
        Time::Text(_, duration) => Some(*duration),
        Time::Expr(_) => None,
    }
}

type Growth = Box<dyn Fn(u64) -> f64>;

fn growth(args: &Args, base: f64, factor: f64) -> Option<Growth> {
    let word = match args.backoff.as_ref().map(|backoff| &backoff.value) {
        None => "exponential".to_owned(),
        Some(Backoff::Named(expr)) => value::bare_call(expr)?.0.to_string(),
        Some(Backoff::List(entries, _)) => {
            let entries: Option<Vec<f64>> =
                entries.iter().map(|entry| Some(literal(entry)?.as_secs_f64())).collect();
            let entries = entries.filter(|entries| !entries.is_empty())?;
            return Some(Box::new(move |retry| entries[entries.len().min(retry as usize) - 1]));
        }
    };
    match word.as_str() {
        "exponential" => Some(Box::new(move |retry| base * factor.powi(retry as i32 - 1))),
        "fixed" => Some(Box::new(move |_| base)),
        "linear" => Some(Box::new(move |retry| base * retry as f64)),
        "fibonacci" => Some(Box::new(move |retry| {
            let (mut previous, mut current) = (0.0, 1.0);
            for _ in 1..retry {
                (previous, current) = (current, previous + current);
            }
            base * current
        })),
        _ => None,
    }
}

type Spread = Box<dyn Fn(f64, f64) -> (f64, f64)>;

fn spread(args: &Args, base: f64) -> Option<Spread> {
    let (word, r) = match &args.jitter {
        None => ("full".to_owned(), None),
        Some(jitter) => {
            let (word, r) = value::bare_call(&jitter.value)?;
            (word.to_string(), r)
        }
    };
    match (word.as_str(), r) {
        ("full", None) => Some(Box::new(|d, _| (0.0, d))),
        ("equal", None) => Some(Box::new(|d, _| (d / 2.0, d))),
        ("decorrelated", None) => Some(Box::new(move |_, previous| (base, previous * 3.0))),
        ("proportional", Some(r)) => Some(Box::new(move |d, _| (d * (1.0 - r), d * (1.0 + r)))),
        ("additive", Some(r)) => Some(Box::new(move |d, _| (d, d * (1.0 + r)))),
        ("none", None) => Some(Box::new(|d, _| (d, d))),
        _ => None,
    }
}
