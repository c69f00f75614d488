//! The list below the table: limits, protection and the ends of a call.

use quote::ToTokens;
use syn::{Expr, LitStr};

use crate::expand::doc::source::{listed, source, written};
use crate::read::args::Args;
use crate::read::protect::Protection;
use crate::read::schedule;
use crate::read::time::HintCap;

/// Sentences about the attribute; those about retries only where there can be any.
pub(super) fn facts(args: &Args, is_async: bool) -> Vec<String> {
    let retries = schedule::retries(args) != Some(0);
    let retry = |fact: Option<String>| fact.filter(|_| retries);
    let facts = [
        deadline(args, is_async),
        timeout(args),
        retry(last_start(args)),
        retry(reset_after(args)),
        retry(Some(pause(is_async))),
        retry(ambiguous(args)),
        retry(Some(budget(args))),
        breaker(args),
        retry(hint(args)),
        retry(retry_if(args)),
        computed(args),
        cancel(args, is_async),
        recover(args),
        args.task.as_ref().map(|_| {
            "Runs in the background, too: `task` makes a call that `retry-tasks` stores and runs.".to_owned()
        }),
        label(args),
        name(args),
    ];
    facts.into_iter().flatten().collect()
}

fn deadline(args: &Args, is_async: bool) -> Option<String> {
    let limit = written(&args.deadline.as_ref()?.value);
    let end = match is_async {
        true => "an attempt that is still running is cut off",
        false => "an attempt that is still running is not interrupted, and no further one begins",
    };
    Some(format!("Deadline for the whole call: {limit}; {end}."))
}

fn timeout(args: &Args) -> Option<String> {
    Some(format!("Timeout of one attempt: {}.", written(&args.timeout.as_ref()?.value)))
}

fn last_start(args: &Args) -> Option<String> {
    let limit = written(&args.no_retry_after.as_ref()?.value);
    Some(format!("No attempt begins later than {limit} after the start."))
}

fn reset_after(args: &Args) -> Option<String> {
    let time = written(&args.reset_after.as_ref()?.value);
    Some(format!("After an attempt that ran for {time}, the retries begin anew."))
}

fn pause(is_async: bool) -> String {
    let text = match is_async {
        true => "A pause blocks no thread.",
        false => "A pause blocks the calling thread.",
    };
    text.to_owned()
}

/// A sentence about failures that may have taken effect, if the function can have any.
fn ambiguous(args: &Args) -> Option<String> {
    let unclassified = args.retries_any() || args.on.is_none() && args.when.is_some();
    let listed = args.listed_kinds().iter().any(|kind| kind == "Ambiguous");
    let declared = args.idempotent.as_ref().map(|idempotent| source(&idempotent.value));
    let fact = match declared.as_deref().filter(|_| !listed) {
        Some("false") if unclassified => {
            args.timeout.as_ref()?;
            "Not idempotent: an attempt that its timeout cuts off ends the call.".to_owned()
        }
        Some("false") => {
            "Not idempotent: an `Ambiguous` failure, which may have taken effect, ends the call.".to_owned()
        }
        Some(expr) if expr != "true" => {
            format!("An `Ambiguous` failure, which may have taken effect, is retried only if `{expr}`.")
        }
        None if unclassified => return None,
        None if !listed && args.policy.is_some() => "Idempotent if the policy declares it.".to_owned(),
        None if !listed => {
            "Not declared idempotent: an `Ambiguous` failure, which may have taken effect, ends the call."
                .to_owned()
        }
        _ => "Idempotent: failures that may have taken effect are retried, too.".to_owned(),
    };
    Some(fact)
}

fn budget(args: &Args) -> String {
    let budget = args.budget.as_ref().map(|budget| &budget.value);
    match budget.and_then(word).as_deref() {
        Some("none") => return "No retry budget.".to_owned(),
        Some("unlimited") => return "The retry budget is unlimited.".to_owned(),
        Some(preset) => {
            return format!("Retries draw on the function's own budget, the preset `{preset}`.");
        }
        None => {}
    }
    let by_breaker = || budget.is_none().then(|| args.breaker.as_ref()?.value.key()).flatten();
    let key = budget.and_then(Protection::key).or_else(by_breaker);
    let each = key.map_or(String::new(), |key| format!(", and on one for each `{}`", source(key)));
    format!("Retries draw on {}{each}.", named("budget", budget))
}

/// A single word in place of a name or a static, such as `none` and the presets of a budget.
fn word(protection: &Protection) -> Option<String> {
    let Protection::Value(expr) = protection else { return None };
    let word = expr.to_token_stream().to_string();
    let is_word = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    is_word.then_some(word)
}

fn breaker(args: &Args) -> Option<String> {
    let breaker = &args.breaker.as_ref()?.value;
    let key = breaker.key();
    let each = key.map_or(String::new(), |key| format!(", one for each `{}`", source(key)));
    let which = named("circuit breaker", Some(breaker));
    Some(format!("Protected by {which}{each}; an attempt that it refuses is not made."))
}

/// A budget or a breaker by its name, else as the function's own.
fn named(what: &str, protection: Option<&Protection>) -> String {
    let name = match protection {
        None | Some(Protection::Bare) => None,
        Some(Protection::Name(name)) => Some(name.value()),
        Some(Protection::Value(expr)) => Some(source(expr)),
        Some(Protection::Settings(settings)) => settings.name.as_ref().map(LitStr::value),
    };
    match name {
        Some(name) => format!("the {what} `{name}`"),
        None => format!("the function's own {what}"),
    }
}

/// A sentence about a server's hint, which only a classified error carries.
fn hint(args: &Args) -> Option<String> {
    if args.retries_any() || args.on.is_none() && args.when.is_some() {
        return None;
    }
    let word = args.hint.as_ref().map(|hint| source(&hint.value));
    let delay = match word.as_deref() {
        Some("instead") => "the delay",
        Some("exact") => "the delay and is not spread",
        _ => "a shorter delay",
    };
    let long = match args.hint_cap.as_ref().map(|cap| &cap.value) {
        Some(HintCap::Clamp(_, longest)) => {
            let longest = written(longest);
            format!("one longer than {longest} is cut to {longest}")
        }
        Some(HintCap::Stop(longest)) => {
            format!("one longer than {} ends the call", written(longest))
        }
        None if args.policy.is_some() => "one that is too long ends the call".to_owned(),
        None => "one longer than 60 s ends the call".to_owned(),
    };
    Some(format!("A server's `Retry-After` replaces {delay}; {long}."))
}

fn retry_if(args: &Args) -> Option<String> {
    let rule = source(&args.retry_if.as_ref()?.value);
    Some(format!(
        "A success for which `{rule}` is true is retried; after the last retry it is returned."
    ))
}

/// A sentence about the settings that each call computes.
fn computed(args: &Args) -> Option<String> {
    let settings: Vec<String> = args.per_call.iter().map(|name| format!("`{name}`")).collect();
    (!settings.is_empty())
        .then(|| format!("Each call computes {} from its arguments.", listed(&settings)))
}

fn cancel(args: &Args, is_async: bool) -> Option<String> {
    let token = source(&args.cancel.as_ref()?.value);
    let when = match is_async {
        true => "during an attempt and during a pause",
        false => "during a pause, else after the running attempt",
    };
    Some(format!("`{token}` cancels the call {when}."))
}

fn recover(args: &Args) -> Option<String> {
    let path = source(&args.recover.as_ref()?.value);
    Some(format!("The final failure goes to `{path}`, whose result is returned."))
}

fn label(args: &Args) -> Option<String> {
    let label = source(&args.label.as_ref()?.value);
    // The default budget has the label as its key.
    let apart = match args.budget {
        None => "Counts, history and budget",
        Some(_) => "Counts and history",
    };
    Some(format!("{apart} are kept apart by `{label}`."))
}

fn name(args: &Args) -> Option<String> {
    let name: &Expr = &args.name.as_ref()?.value;
    Some(format!("Named `{}` in reports and in the configuration.", source(name).trim_matches('"')))
}
