//! The section in the documentation of an annotated function: its limits, its delays, the failures that are
//! retried.

mod facts;
mod source;
mod table;

use proc_macro2::TokenStream;
use quote::quote;

use crate::expand::doc::source::{listed, source};
use crate::item::function::Function;
use crate::read::args::Args;
use crate::read::kinds::On;
use crate::read::literal::endless;
use crate::read::schedule;

/// The section, as one doc attribute after those of the function: rustc takes time for each attribute.
pub(crate) fn section(function: &Function, args: &Args) -> TokenStream {
    let text = text(args, function.is_async());
    quote!(#[doc = #text])
}

fn text(args: &Args, is_async: bool) -> String {
    let mut lines = vec![String::new(), "# Retries".to_owned(), String::new(), summary(args)];
    lines.extend(table::lines(args));
    let facts = facts::facts(args, is_async);
    if !facts.is_empty() {
        lines.push(String::new());
    }
    lines.extend(facts.into_iter().map(|fact| format!("- {fact}")));
    lines.join("\n")
}

fn summary(args: &Args) -> String {
    let how_often = match (schedule::retries(args), &args.policy) {
        (Some(0), _) => return format!("Never retried: `{}`.", never(args)),
        (Some(1), _) => "Retried at most once.".to_owned(),
        (Some(retries), _) => format!("Retried up to {retries} times after the first attempt."),
        (None, Some(policy)) => format!("Retried as `{}` defines.", source(&policy.value)),
        (None, None) => match (&args.attempts, &args.max) {
            (Some(attempts), _) if endless(&attempts.value).is_some() => endlessly(args),
            (Some(attempts), _) => format!("Attempted up to `{}` times.", source(&attempts.value)),
            (_, Some(max)) => {
                format!("Retried up to `{}` times after the first attempt.", source(&max.value))
            }
            (None, None) => "Retried.".to_owned(),
        },
    };
    format!("{how_often} {}", failures(args))
}

/// The argument that turns the retries off.
fn never(args: &Args) -> &'static str {
    if args.attempts.is_some() { "attempts = 1" } else { "max = 0" }
}

/// A sentence about a call without a limit on its attempts.
fn endlessly(args: &Args) -> String {
    let ends = [
        (args.deadline.is_some(), "until the deadline"),
        (args.no_retry_after.is_some(), "as long as an attempt may begin"),
        (args.cancel.is_some(), "until the call is cancelled"),
    ];
    let until = ends.into_iter().find(|(is_written, _)| *is_written);
    format!("Retried {}.", until.map_or("until an attempt succeeds", |(_, until)| until))
}

/// A sentence about the failures that are retried.
fn failures(args: &Args) -> String {
    let declared = args.idempotent.as_ref().map(|idempotent| source(&idempotent.value));
    let mut kinds: Vec<String> = match args.on.as_ref().map(|on| &on.value) {
        Some(On::Kinds(kinds)) => kinds.iter().map(|kind| format!("`{kind}`")).collect(),
        Some(On::Expr(kinds)) => vec![format!("`{}`", source(kinds))],
        Some(On::Any(_)) => Vec::new(),
        None if args.when.is_some() || args.policy.is_some() => Vec::new(),
        None => vec!["`Transient`".to_owned(), "`Throttled`".to_owned()],
    };
    // The kind that `idempotent` adds to those of `on`.
    let ambiguous = "`Ambiguous`".to_owned();
    if declared.as_deref() == Some("true") && !kinds.is_empty() && !kinds.contains(&ambiguous) {
        kinds.push(ambiguous);
    }
    let retried = match (&kinds[..], args.retries_any() || args.policy.is_none()) {
        ([], _) if args.retries_any() => "Every failure is retried".to_owned(),
        ([], false) if args.when.is_none() => {
            "Failures of the kinds in the policy are retried".to_owned()
        }
        ([], _) => "A failure is retried".to_owned(),
        ([kind], _) => format!("Failures of the kind {kind} are retried"),
        (kinds, _) => format!("Failures of the kinds {} are retried", listed(kinds)),
    };
    match &args.when {
        Some(when) => format!("{retried} if `{}` is true.", source(&when.value)),
        None => format!("{retried}."),
    }
}

#[cfg(test)]
mod tests;
