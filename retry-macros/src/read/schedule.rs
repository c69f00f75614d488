//! The delays of an attribute, computed for its documentation and its checks.
//!
//! The runtime computes the delays of a call. A macro cannot call the runtime, so the same arithmetic stands
//! here a second time, in seconds as floats. An attribute has a schedule only if every value is a literal and
//! every word is one that this file knows.

use std::time::Duration;

use syn::Expr;

use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::literal::{bare_call, endless, literal_count, literal_number};
use crate::read::time::{Backoff, Time};

/// The runtime's defaults: the number of retries, the first delay, the factor, and the longest delay.
const RETRIES: u64 = 3;
pub(crate) const BASE: Duration = Duration::from_secs(1);
const FACTOR: f64 = 2.0;
pub(crate) const CAP: Duration = Duration::from_secs(30);

/// The most rows that a table in the documentation has.
const ROWS: u64 = 12;

/// The pause before a retry, in seconds; jitter makes it a range.
#[derive(Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) retry: u64,
    pub(crate) shortest: f64,
    pub(crate) longest: f64,
    /// The sum of the shortest pauses so far, this one included.
    pub(crate) earliest: f64,
    /// The sum of the longest pauses so far, this one included.
    pub(crate) latest: f64,
}

/// The number of retries; `None` if it is unlimited or not a literal.
pub(crate) fn retries(args: &Args) -> Option<u64> {
    match (&args.max, &args.attempts, &args.policy) {
        (Some(max), _, _) => literal_count(&max.value),
        (None, Some(attempts), _) => literal_count(&attempts.value)?.checked_sub(1),
        (None, None, None) => Some(RETRIES),
        (None, None, Some(_)) => None,
    }
}

/// The pauses that a table shows; `None` if one of them depends on a value that is not a literal.
pub(crate) fn pauses(args: &Args) -> Option<Vec<Pause>> {
    let settings = ["max", "attempts", "base", "cap", "factor", "backoff", "jitter", "policy"];
    if args.policy.is_some() || args.misread(&settings) {
        return None;
    }
    let base = time(&args.base, BASE)?.as_secs_f64();
    let cap = time(&args.cap, CAP)?.as_secs_f64();
    let factor = match &args.factor {
        Some(factor) => literal_number(&factor.value)?,
        None => FACTOR,
    };
    let unlimited =
        args.attempts.as_ref().is_some_and(|attempts| literal_count(&attempts.value).is_none());
    let rows = if unlimited { ROWS } else { retries(args)?.min(ROWS) };
    let (mut previous, mut earliest, mut latest) = (base, 0.0, 0.0);
    let mut pauses = Vec::new();
    for retry in 1..=rows {
        let (shortest, longest) =
            spread(args, retry, base, growth(args, retry, base, factor)?.min(cap), previous, cap)?;
        let (shortest, longest) = (shortest.min(cap), longest.min(cap));
        earliest += shortest;
        latest += longest;
        previous = longest;
        pauses.push(Pause { retry, shortest, longest, earliest, latest });
    }
    Some(pauses)
}

/// The delay before the first retry, without jitter; `None` if there is no retry, or if the delay depends on a
/// value that is not a literal.
pub(crate) fn first_delay(args: &Args) -> Option<Duration> {
    let settings = ["max", "attempts", "base", "cap", "backoff", "policy"];
    let unlimited = args.attempts.as_ref().is_some_and(|it| endless(&it.value).is_some());
    if args.policy.is_some() || args.misread(&settings) || !unlimited && retries(args)? == 0 {
        return None;
    }
    let first = match args.backoff.as_ref().map(|backoff| &backoff.value) {
        Some(Backoff::List(entries, _)) => entries.first()?.literal()?,
        Some(Backoff::Named(expr)) if !is_word(expr) => return None,
        _ => time(&args.base, BASE)?,
    };
    Some(first.min(time(&args.cap, CAP)?))
}

/// Whether the expression is one of the runtime's words for a backoff.
pub(crate) fn is_word(expr: &Expr) -> bool {
    const WORDS: [&str; 4] = ["exponential", "fixed", "linear", "fibonacci"];
    bare_call(expr).is_some_and(|(word, _)| WORDS.iter().any(|known| word == known))
}

/// The duration of an argument or its default; `None` if the argument is not a literal.
pub(crate) fn time(time: &Option<Keyed<Time>>, default: Duration) -> Option<Duration> {
    time.as_ref().map_or(Some(default), |time| time.value.literal())
}

/// The delay in seconds before a retry, without jitter.
fn growth(args: &Args, retry: u64, base: f64, factor: f64) -> Option<f64> {
    let word = match args.backoff.as_ref().map(|backoff| &backoff.value) {
        None => "exponential".to_owned(),
        Some(Backoff::Named(expr)) => bare_call(expr)?.0.to_string(),
        Some(Backoff::List(entries, _)) => {
            let entries: Option<Vec<Duration>> = entries.iter().map(Time::literal).collect();
            let entries = entries?;
            return Some(entries[entries.len().min(retry as usize) - 1].as_secs_f64());
        }
    };
    match word.as_str() {
        "exponential" => Some(base * factor.powi(retry as i32 - 1)),
        "fixed" => Some(base),
        "linear" => Some(base * retry as f64),
        "fibonacci" => {
            let (mut previous, mut current) = (0.0, 1.0);
            for _ in 1..retry {
                (previous, current) = (current, previous + current);
            }
            Some(base * current)
        }
        _ => None,
    }
}

/// The range in seconds that jitter makes of a delay `d` and of the delay before it. Jitter around the delay ends at the
/// cap, as in the runtime.
fn spread(
    args: &Args,
    retry: u64,
    base: f64,
    d: f64,
    previous: f64,
    cap: f64,
) -> Option<(f64, f64)> {
    let (word, r) = match &args.jitter {
        None => ("full".to_owned(), None),
        Some(jitter) => {
            let (word, r) = bare_call(&jitter.value)?;
            (word.to_string(), r)
        }
    };
    match (word.as_str(), r) {
        ("full", None) => Some((0.0, d)),
        ("equal", None) => Some((d / 2.0, d)),
        ("decorrelated", None) => {
            let factor = args.factor.as_ref().map_or(Some(3.0), |it| literal_number(&it.value))?;
            Some((base, (previous * factor).max(base)))
        }
        ("proportional", Some(r)) => {
            let d = d.min(cap / (1.0 + r));
            Some((d * (1.0 - r), d * (1.0 + r)))
        }
        ("first", Some(_)) if retry > 1 => Some((d, d)),
        ("additive" | "first", Some(r)) => {
            let d = d.min(cap / (1.0 + r));
            Some((d, d * (1.0 + r)))
        }
        ("none", None) => Some((d, d)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_around_a_delay_at_the_cap_ends_at_the_cap() {
        let range = |jitter: &str, d: f64, cap: f64| {
            let tokens = format!("jitter = {jitter}").parse().expect("tokens");
            let mut errors = crate::errors::Errors::default();
            let args = crate::read::table::read(tokens, &mut errors);
            assert!(errors.finish().is_empty());
            spread(&args, 1, 1.0, d, 1.0, cap)
        };
        assert_eq!(range("additive(0.5)", 30.0, 30.0), Some((20.0, 30.0)));
        assert_eq!(range("additive(0.5)", 8.0, 30.0), Some((8.0, 12.0)));
        assert_eq!(range("proportional(0.5)", 30.0, 30.0), Some((10.0, 30.0)));
        assert_eq!(range("first(0.5)", 8.0, 30.0), Some((8.0, 12.0)));
        assert_eq!(range("full", 30.0, 30.0), Some((0.0, 30.0)));
    }
}
