//! Rules about the delays: `backoff`, `base`, `factor`, `cap`.

use std::time::Duration;

use retry_text::duration::human;

use crate::errors::{Errors, Mistake, quoted};
use crate::read::args::Args;
use crate::read::literal::{bare_call, literal_number};
use crate::read::schedule;
use crate::read::time::{Backoff, Time};

pub(super) fn the_factor_is_at_least_one(args: &Args, errors: &mut Errors) {
    let Some(factor) = &args.factor else { return };
    let Some(number) = literal_number(&factor.value) else { return };
    if !(number.is_finite() && number >= 1.0) {
        errors.push(factor.value.mistake(format!(
            "`factor` ({number}) must be a finite number of at least 1: delays never shrink\n\
                 help: write 1 for equal delays, or 2 to double each delay"
        )));
    }
}

/// The words of the backoff and the jitter, if they are written out or left out.
fn words(args: &Args) -> Option<(String, String)> {
    let backoff = match args.backoff.as_ref().map(|backoff| &backoff.value) {
        None => "exponential".to_owned(),
        Some(Backoff::Named(expr)) if schedule::is_word(expr) => quoted(expr),
        Some(_) => return None,
    };
    let jitter = match &args.jitter {
        None => "full".to_owned(),
        Some(jitter) => bare_call(&jitter.value)?.0.to_string(),
    };
    (args.policy.is_none() && !args.misread(&["backoff", "jitter", "policy"]))
        .then_some((backoff, jitter))
}

pub(super) fn the_factor_has_an_effect(args: &Args, errors: &mut Errors) {
    let (Some(factor), Some((backoff, jitter))) = (&args.factor, words(args)) else { return };
    if backoff != "exponential" && jitter != "decorrelated" {
        errors.push(factor.mistake(format!(
            "`factor` has no effect with `backoff = {backoff}`: only `exponential` delays grow by a factor\n\
             help: remove `factor`, or write `backoff = exponential`"
        )));
    }
}

pub(super) fn decorrelated_delays_have_no_backoff(args: &Args, errors: &mut Errors) {
    let (Some(backoff), Some((word, jitter))) = (&args.backoff, words(args)) else { return };
    if jitter == "decorrelated" && word != "exponential" {
        errors.push(backoff.mistake(format!(
            "`backoff = {word}` has no effect beside `jitter = decorrelated`, which grows by itself\n\
             help: remove one of them"
        )));
    }
}

pub(super) fn a_list_has_no_base(args: &Args, errors: &mut Errors) {
    if args.listed_delays().is_none() {
        return;
    }
    let base = args.base.as_ref().map(|base| &base.key);
    let factor = args.factor.as_ref().map(|factor| &factor.key);
    for key in [base, factor].into_iter().flatten() {
        errors.push(key.mistake(format!(
            "`{key}` has no effect: `backoff` lists every delay\nhelp: remove `{key}` or the list"
        )));
    }
}

pub(super) fn the_cap_is_not_below_the_base(args: &Args, errors: &mut Errors) {
    if args.policy.is_some() || args.misread(&["base", "cap", "backoff", "policy"]) {
        return;
    }
    let Some(cap) = schedule::time(&args.cap, schedule::CAP) else { return };
    match (args.listed_delays(), &args.base) {
        (Some(entries), _) => {
            entries.iter().for_each(|entry| entry_fits(entry, cap, args.cap.is_some(), errors))
        }
        (None, Some(base)) => base_fits(&base.value, cap, args, errors),
        (None, None) if cap < schedule::BASE => errors.push(args.cap.mistake(format!(
            "`cap` ({}) must not be less than `base`, which is {} by default\n\
                 help: add `base = …`, or raise `cap`",
            human(cap),
            human(schedule::BASE)
        ))),
        (None, None) => {}
    }
}

/// `base` is at most `cap`.
fn base_fits(base: &Time, cap: Duration, args: &Args, errors: &mut Errors) {
    let Some(delay) = base.literal().filter(|delay| *delay > cap) else { return };
    let (limit, delay) = (human(cap), human(delay));
    match &args.cap {
        Some(cap) => errors.push(cap.mistake(format!(
            "`cap` ({limit}) must not be less than `base` ({delay})\n\
             help: raise `cap` or lower `base`"
        ))),
        None => errors.push(base.mistake(format!(
            "`base` ({delay}) must not be above `cap`, which is {limit} by default\n\
             help: add `cap = …`, or lower `base`"
        ))),
    }
}

/// A delay of the list is at most `cap`.
fn entry_fits(entry: &Time, cap: Duration, written: bool, errors: &mut Errors) {
    let Some(delay) = entry.literal().filter(|delay| *delay > cap) else { return };
    let (limit, delay) = (human(cap), human(delay));
    let (cap, remedy) = match written {
        true => (format!("`cap` ({limit})"), "raise `cap` or"),
        false => (format!("`cap`, which is {limit} by default"), "add `cap = …`, or"),
    };
    errors.push(entry.mistake(format!(
        "the delay ({delay}) must not be above {cap}\nhelp: {remedy} lower the delay"
    )));
}
