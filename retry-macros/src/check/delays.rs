//! How long the pauses are: `backoff`, `base`, `factor`, `cap`.

use std::time::Duration;

use retry_text::duration::human;

use crate::errors::Errors;
use crate::read::args::{Args, Backoff, Time};
use crate::read::schedule::{self, literal};
use crate::read::values as value;

pub(super) fn the_factor_is_at_least_one(args: &Args, errors: &mut Errors) {
    let Some(factor) = &args.factor else { return };
    let Some(number) = value::literal_number(&factor.value) else { return };
    if !(number.is_finite() && number >= 1.0) {
        errors.at(
            &factor.value,
            format!(
                "`factor` ({number}) must be a finite number of at least 1: delays never shrink\n\
                 help: 1 keeps the delay, 2 doubles it"
            ),
        );
    }
}

pub(super) fn a_list_has_no_base(args: &Args, errors: &mut Errors) {
    let list =
        matches!(args.backoff.as_ref().map(|backoff| &backoff.value), Some(Backoff::List(..)));
    for unused in
        [args.base.as_ref().map(|base| &base.key), args.factor.as_ref().map(|factor| &factor.key)]
    {
        if let (true, Some(key)) = (list, unused) {
            errors.at(
                key,
                format!("`{key}` has no effect: `backoff` lists every delay\nhelp: remove `{key}` or the list"),
            );
        }
    }
}

pub(super) fn the_cap_is_not_below_the_base(args: &Args, errors: &mut Errors) {
    let unknown = ["base", "cap", "backoff", "policy"].into_iter().any(|name| args.misread(name));
    if unknown || args.policy.is_some() {
        return;
    }
    let cap = args.cap.as_ref().map_or(Some(schedule::CAP), |cap| literal(&cap.value));
    let Some(cap) = cap else { return };
    let list = match args.backoff.as_ref().map(|backoff| &backoff.value) {
        Some(Backoff::List(entries, _)) => Some(entries),
        _ => None,
    };
    match (list, &args.base) {
        (Some(entries), _) => {
            entries.iter().for_each(|entry| entry_fits(entry, cap, args.cap.is_some(), errors))
        }
        (None, Some(base)) => base_fits(&base.value, cap, args, errors),
        (None, None) if cap < schedule::BASE => errors.at(
            &args.cap,
            format!(
                "`cap` ({}) must not be less than `base`, which is {} by default\n\
                 help: add `base = …`, or raise `cap`",
                human(cap),
                human(schedule::BASE)
            ),
        ),
        (None, None) => {}
    }
}

fn base_fits(base: &Time, cap: Duration, args: &Args, errors: &mut Errors) {
    let Some(delay) = literal(base).filter(|delay| *delay > cap) else { return };
    let (limit, delay) = (human(cap), human(delay));
    match &args.cap {
        Some(cap) => errors.at(
            cap,
            format!("`cap` ({limit}) must not be less than `base` ({delay})\nhelp: raise `cap` or lower `base`"),
        ),
        None => errors.at(
            base,
            format!("`base` ({delay}) must not be above `cap`, which is {limit} by default\nhelp: add `cap = …`, or lower `base`"),
        ),
    }
}

fn entry_fits(entry: &Time, cap: Duration, written: bool, errors: &mut Errors) {
    let Some(delay) = literal(entry).filter(|delay| *delay > cap) else { return };
    let (limit, delay) = (human(cap), human(delay));
    errors.at(
        entry,
        if written {
            format!("the delay ({delay}) must not be above `cap` ({limit})\nhelp: raise `cap` or lower the delay")
        } else {
            format!("the delay ({delay}) must not be above `cap`, which is {limit} by default\nhelp: add `cap = …`, or lower the delay")
        },
    );
}
