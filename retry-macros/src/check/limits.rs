//! Rules about limits: `max`, `attempts`, `deadline`, `timeout`.

use std::time::Duration;

use retry_text::duration::human;
use syn::Expr;

use crate::check::words::is_none;
use crate::errors::{Errors, Mistake};
use crate::item::function::Function;
use crate::read::args::Args;
use crate::read::key::Keyed;
use crate::read::kinds::On;
use crate::read::literal::{endless, is_unlimited, literal_count};
use crate::read::schedule;
use crate::read::time::Time;

pub(super) fn max_and_attempts_exclude_each_other(args: &Args, errors: &mut Errors) {
    if let (Some(_), Some(attempts)) = (&args.max, &args.attempts) {
        errors.push(attempts.mistake(
            "`max` and `attempts` set the same limit: `max = 3` means `attempts = 4`\n\
             help: remove one of them",
        ));
    }
}

pub(super) fn counts_are_in_range(args: &Args, errors: &mut Errors) {
    for count in [&args.max, &args.attempts].into_iter().flatten() {
        let key = &count.key;
        match literal_count(&count.value) {
            Some(0) if key == "attempts" => errors.push(count.value.mistake(
                "`attempts` (0) must be at least 1: the first attempt counts\n\
                 help: write `attempts = 1` or `max = 0` for no retry",
            )),
            Some(number) if number > u64::from(u32::MAX - 2) => {
                errors.push(count.value.mistake(format!(
                    "`{key}` ({number}) is too large\n\
                 help: write `attempts = unlimited` with a `deadline`"
                )))
            }
            None if key == "max" => max_has_an_end(count, errors),
            _ => {}
        }
    }
}

fn max_has_an_end(max: &Keyed<Expr>, errors: &mut Errors) {
    let Some(word) = endless(&max.value) else { return };
    let with = if word == "unlimited" { ", with a `deadline`" } else { "" };
    errors.push(max.mistake(format!(
        "only `attempts` can be `{word}`\n\
         help: write `attempts = {word}`{with}"
    )));
}

pub(super) fn unlimited_attempts_can_end(args: &Args, errors: &mut Errors) {
    let Some(attempts) = &args.attempts else { return };
    let timed = [&args.deadline, &args.no_retry_after, &args.reset_after];
    let written = args.cancel.is_some() || args.policy.is_some();
    let limited = written || timed.into_iter().any(Option::is_some);
    let misread = args.misread(&["deadline", "cancel", "no_retry_after", "reset_after"]);
    if is_unlimited(&attempts.value) && !limited && !misread {
        errors.push(attempts.mistake(
            "`attempts = unlimited` needs a `deadline`, a `no_retry_after`, a `reset_after` or a `cancel`, or the call \
             may never end\n\
             help: add `deadline = \"30s\"` or another of them, or write `attempts = forever` where that is meant",
        ));
    }
}

pub(super) fn times_are_above_zero(args: &Args, errors: &mut Errors) {
    let limits = [
        (&args.deadline, "no attempt could end in time"),
        (&args.timeout, "no attempt could end in time"),
        (&args.no_retry_after, "no retry could begin in time"),
        (&args.reset_after, "every failure would begin anew"),
    ];
    for (limit, why) in limits {
        let Some(limit) = limit else { continue };
        if limit.value.literal().is_some_and(|limit| limit.is_zero()) {
            let key = &limit.key;
            errors.push(limit.value.mistake(format!(
                "`{key}` (0 s) must be above 0: {why}\n\
                 help: raise `{key}`, or leave it out for no limit"
            )));
        }
    }
}

pub(super) fn a_reset_has_no_deadline(args: &Args, errors: &mut Errors) {
    let (Some(reset), Some(_)) = (&args.reset_after, &args.deadline) else { return };
    errors.push(reset.mistake(
        "`reset_after` and `deadline` exclude each other: the deadline would end a call however healthy its attempts \
         are\n\
         help: remove one of them, or write `no_retry_after` in place of the deadline: it counts from the last healthy \
         attempt",
    ));
}

pub(super) fn the_last_start_is_before_the_deadline(args: &Args, errors: &mut Errors) {
    let (Some(last), Some(deadline)) = (&args.no_retry_after, &args.deadline) else { return };
    let (Some(start), Some(end)) = (last.value.literal(), deadline.value.literal()) else {
        return;
    };
    if start > end && !end.is_zero() {
        let (start, end) = (human(start), human(end));
        errors.push(last.mistake(format!(
            "`no_retry_after` ({start}) must not be above `deadline` ({end}), which ends the call before\n\
             help: remove `no_retry_after`, or raise `deadline`"
        )));
    }
}

pub(super) fn a_timeout_needs_async(function: &Function, args: &Args, errors: &mut Errors) {
    let Some(timeout) = args.timeout.as_ref().filter(|_| !function.is_async()) else { return };
    errors.push(timeout.mistake(
        "`timeout` requires an `async` function: nothing can stop a running thread\n\
         help: make the function `async`, or set a timeout on the operation itself \
         (`TcpStream::set_read_timeout`, a client's option)",
    ));
}

pub(super) fn a_timeout_requires_idempotent(function: &Function, args: &Args, errors: &mut Errors) {
    // A function that is not `async` breaks another rule.
    let is_time = |timeout: &&Keyed<Time>| function.is_async() && !is_none(&timeout.value);
    let Some(timeout) = args.timeout.as_ref().filter(is_time) else { return };
    let on_may_declare = matches!(args.on.as_ref().map(|on| &on.value), Some(On::Expr(_)))
        || args.listed_kinds().iter().any(|kind| kind == "Ambiguous");
    let misread = args.misread(&["idempotent", "on", "policy"]);
    if args.idempotent.is_none() && args.policy.is_none() && !on_may_declare && !misread {
        errors.push(timeout.mistake(
            "`timeout` requires `idempotent` or `idempotent = false`: an attempt that it cuts off may have taken effect\n\
             help: add `idempotent` to retry such an attempt, or `idempotent = false` to give up",
        ));
    }
}

pub(super) fn a_timeout_fits_into_the_deadline(args: &Args, errors: &mut Errors) {
    let (Some(timeout), Some(deadline)) = (&args.timeout, &args.deadline) else { return };
    let (Some(one), Some(all)) = (timeout.value.literal(), deadline.value.literal()) else {
        return;
    };
    if one > all && !all.is_zero() {
        let (one, all) = (human(one), human(all));
        errors.push(timeout.mistake(format!(
            "`timeout` ({one}) must not be above `deadline` ({all}): an attempt is part of the call\n\
             help: lower `timeout` or raise `deadline`"
        )));
    }
}

pub(super) fn the_first_retry_can_start(args: &Args, errors: &mut Errors) {
    let first = schedule::pauses(args).and_then(|pauses| pauses.first().copied());
    let Some(first) = first else { return };
    for limit in [&args.deadline, &args.no_retry_after].into_iter().flatten() {
        let time = limit.value.literal().filter(|time| !time.is_zero());
        let Some(time) = time.filter(|time| first.shortest > time.as_secs_f64()) else { continue };
        let delay = human(Duration::try_from_secs_f64(first.shortest).unwrap_or(Duration::MAX));
        let (key, time) = (&limit.key, human(time));
        errors.push(limit.mistake(format!(
            "no retry can start: the first one waits {delay} and `{key}` is {time}\n\
                 help: raise `{key}`, lower the first delay, or write `max = 0`"
        )));
    }
}

pub(super) fn a_timeout_leaves_time_for_a_retry(
    function: &Function,
    args: &Args,
    errors: &mut Errors,
) {
    let Some(timeout) = args.timeout.as_ref().filter(|_| function.is_async()) else { return };
    let Some(deadline) = &args.deadline else { return };
    let (Some(one), Some(all)) = (timeout.value.literal(), deadline.value.literal()) else {
        return;
    };
    let Some(delay) = schedule::first_delay(args) else { return };
    // Other rules report a timeout above the deadline, and times of zero.
    if one <= all && !one.is_zero() && one.saturating_add(delay) >= all {
        let (one, delay, all) = (human(one), human(delay), human(all));
        errors.push(timeout.mistake(format!(
            "an attempt that times out leaves no time for a retry: `timeout` ({one}) and the first delay ({delay}) \
             reach `deadline` ({all})\n\
             help: lower `timeout` or the first delay, raise `deadline`, or write `max = 0`"
        )));
    }
}
