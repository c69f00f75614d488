//! How often and for how long: `max`, `attempts`, `deadline`, `timeout`.

use std::time::Duration;

use retry_text::duration::human;
use syn::Expr;

use crate::errors::Errors;
use crate::item::function::Function;
use crate::read::args::{Args, On};
use crate::read::schedule::{self, literal};
use crate::read::values as value;

pub(super) fn max_and_attempts_exclude_each_other(args: &Args, errors: &mut Errors) {
    if let (Some(_), Some(attempts)) = (&args.max, &args.attempts) {
        errors.at(
            attempts,
            "`max` and `attempts` say the same thing twice: `max = 3` is `attempts = 4`\nhelp: remove one of them",
        );
    }
}

pub(super) fn counts_are_in_range(args: &Args, errors: &mut Errors) {
    for count in [&args.max, &args.attempts].into_iter().flatten() {
        let key = &count.key;
        match value::literal_count(&count.value) {
            Some(0) if key == "attempts" => errors.at(
                &count.value,
                "`attempts` (0) must be at least 1: the first attempt counts\n\
                 help: write `attempts = 1` or `max = 0` for no retry",
            ),
            Some(number) if number > u64::from(u32::MAX - 2) => errors.at(
                &count.value,
                format!("`{key}` ({number}) is too large\nhelp: write `attempts = unlimited` with a `deadline`"),
            ),
            None if key == "max" && is_unlimited(&count.value) => errors.at(
                count,
                "only `attempts` can be `unlimited`\nhelp: write `attempts = unlimited`, with a `deadline`",
            ),
            _ => {}
        }
    }
}

fn is_unlimited(value: &Expr) -> bool {
    matches!(value, Expr::Path(path) if path.path.is_ident("unlimited"))
}

pub(super) fn unlimited_attempts_need_a_deadline(args: &Args, errors: &mut Errors) {
    let Some(attempts) = &args.attempts else { return };
    let limited = args.deadline.is_some() || args.policy.is_some() || args.misread("deadline");
    if is_unlimited(&attempts.value) && !limited {
        errors.at(
            attempts,
            "`attempts = unlimited` needs a `deadline`, or the call may never end\n\
             help: add `deadline = \"30s\"`",
        );
    }
}

pub(super) fn times_are_above_zero(args: &Args, errors: &mut Errors) {
    for limit in [&args.deadline, &args.timeout].into_iter().flatten() {
        if literal(&limit.value).is_some_and(|limit| limit.is_zero()) {
            let key = &limit.key;
            errors.at(
                &limit.value,
                format!("`{key}` (0 s) must be above 0: no attempt could end in time\nhelp: raise it, or leave it out for no {key}"),
            );
        }
    }
}

pub(super) fn a_timeout_needs_async(function: &Function, args: &Args, errors: &mut Errors) {
    if let Some(timeout) = &args.timeout {
        if !function.is_async() {
            errors.at(
                timeout,
                "`timeout` cannot end an attempt of a function that is not `async`: nothing can stop a running thread\n\
                 help: make the function `async`, or set a timeout on the operation itself \
                 (`TcpStream::set_read_timeout`, a client's option)",
            );
        }
    }
}

pub(super) fn a_timeout_needs_a_word_on_idempotency(
    function: &Function,
    args: &Args,
    errors: &mut Errors,
) {
    // Elsewhere there can be no timeout anyway.
    let Some(timeout) = args.timeout.as_ref().filter(|_| function.is_async()) else { return };
    let listed = match args.on.as_ref().map(|on| &on.value) {
        Some(On::Kinds(kinds)) => kinds.iter().any(|kind| kind == "Ambiguous"),
        Some(On::Expr(_)) => true,
        Some(On::Any(_)) | None => false,
    };
    let misread = ["idempotent", "on", "policy"].into_iter().any(|name| args.misread(name));
    if args.idempotent.is_none() && args.policy.is_none() && !listed && !misread {
        errors.at(
            timeout,
            "an attempt that is cut off by `timeout` may have taken effect: say whether it may be repeated\n\
             help: add `idempotent` (repeat it) or `idempotent = false` (give up)",
        );
    }
}

pub(super) fn a_timeout_fits_into_the_deadline(args: &Args, errors: &mut Errors) {
    let (Some(timeout), Some(deadline)) = (&args.timeout, &args.deadline) else { return };
    if let (Some(one), Some(all)) = (literal(&timeout.value), literal(&deadline.value)) {
        if one > all && !all.is_zero() {
            errors.at(
                timeout,
                format!(
                    "`timeout` ({}) must not be above `deadline` ({}): an attempt is part of the call\n\
                     help: lower `timeout` or raise `deadline`",
                    human(one),
                    human(all)
                ),
            );
        }
    }
}

pub(super) fn the_first_retry_can_start(args: &Args, errors: &mut Errors) {
    let Some(deadline) = &args.deadline else { return };
    let Some(limit) = literal(&deadline.value).filter(|limit| !limit.is_zero()) else { return };
    let Some(first) = schedule::pauses(args).and_then(|pauses| pauses.first().copied()) else {
        return;
    };
    if first.shortest > limit.as_secs_f64() {
        let delay = Duration::try_from_secs_f64(first.shortest).unwrap_or(Duration::MAX);
        errors.at(
            deadline,
            format!(
                "no retry could ever start: the first one waits {} and `deadline` is {}\n\
                 help: raise `deadline`, lower the first delay, or write `max = 0`",
                human(delay),
                human(limit)
            ),
        );
    }
}
