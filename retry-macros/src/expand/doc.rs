//! The section in the documentation of an annotated function: its limits, its delays, the failures that are
//! retried.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use retry_text::duration::human;
use syn::LitStr;

use crate::read::args::Args;
use crate::read::kinds::On;
use crate::read::literal::endless;
use crate::read::protect::Protection;
use crate::read::schedule::{self, Pause};
use crate::read::time::{HintCap, Time};

/// The section, as one doc attribute after those of the function: rustc takes time for each attribute.
pub(crate) fn section(args: &Args) -> TokenStream {
    let mut lines = vec![String::new(), "# Retries".to_owned(), String::new(), summary(args)];
    lines.extend(table(args));
    lines.push(String::new());
    lines.extend(facts(args).into_iter().map(|fact| format!("- {fact}")));
    let text = lines.join("\n");
    quote!(#[doc = #text])
}

fn summary(args: &Args) -> String {
    let how_often = match (schedule::retries(args), &args.policy) {
        (Some(0), _) => "Never retried: `max = 0`.".to_owned(),
        (Some(1), _) => "Retried at most once.".to_owned(),
        (Some(retries), _) => format!("Retried up to {retries} times after the first attempt."),
        (None, Some(policy)) => format!("Retried as `{}` defines.", source(&policy.value)),
        (None, None) => match (&args.attempts, &args.max) {
            (Some(attempts), _) if endless(&attempts.value).is_some() => endlessly(args),
            (Some(attempts), _) => format!("Attempted up to `{}` times.", source(&attempts.value)),
            (_, max) => format!("Retried up to `{}` times.", source(max)),
        },
    };
    format!("{how_often} {}", failures(args))
}

/// A sentence about a call without a limit on its attempts.
fn endlessly(args: &Args) -> String {
    let ends = [
        (args.deadline.is_some(), "until the deadline"),
        (args.cancel.is_some(), "until the call is cancelled"),
    ];
    let until = ends.into_iter().find(|(is_written, _)| *is_written);
    format!("Retried {}.", until.map_or("until an attempt succeeds", |(_, until)| until))
}

/// A sentence about the failures that are retried.
fn failures(args: &Args) -> String {
    let kinds = match args.on.as_ref().map(|on| &on.value) {
        Some(On::Any(_)) => "Every failure is retried".to_owned(),
        Some(On::Kinds(kinds)) => {
            let kinds: Vec<String> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
            let of = if kinds.len() == 1 { "kind" } else { "kinds" };
            format!("Failures of the {of} {} are retried", kinds.join(" and "))
        }
        Some(On::Expr(kinds)) => format!("Failures of the kinds `{}` are retried", source(kinds)),
        None if args.when.is_some() => "Failures are retried".to_owned(),
        None if args.policy.is_some() => {
            "Failures of the kinds in the policy are retried".to_owned()
        }
        None => "Failures of the kinds `Transient` and `Throttled` are retried".to_owned(),
    };
    match &args.when {
        Some(when) => format!("{kinds} if `{}` is true.", source(&when.value)),
        None => format!("{kinds}."),
    }
}

fn table(args: &Args) -> Vec<String> {
    let pauses = schedule::pauses(args).unwrap_or_default();
    if pauses.is_empty() {
        return Vec::new();
    }
    let deadline = args.deadline.as_ref().and_then(|deadline| deadline.value.literal());
    let mut lines = ["", "| retry | delay before it | delays so far |", "|---:|---|---|"]
        .map(str::to_owned)
        .to_vec();
    lines.extend(pauses.iter().map(|pause| row(pause, deadline)));
    if schedule::retries(args).is_none_or(|total| total > pauses.len() as u64) {
        lines.push("| … | | |".to_owned());
    }
    lines
}

fn row(pause: &Pause, deadline: Option<Duration>) -> String {
    let never = deadline.is_some_and(|deadline| pause.earliest > deadline.as_secs_f64());
    let warning = if never { " ⚠ never starts: the deadline has passed" } else { "" };
    let delay = range(pause.shortest, pause.longest);
    let sum = range(pause.earliest, pause.latest);
    format!("| {} | {delay} | {sum}{warning} |", pause.retry)
}

fn range(shortest: f64, longest: f64) -> String {
    let seconds = |s: f64| human(Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX));
    if shortest == longest {
        seconds(longest)
    } else {
        format!("{} to {}", seconds(shortest), seconds(longest))
    }
}

fn facts(args: &Args) -> Vec<String> {
    let deadline = args.deadline.as_ref().map(|it| written(&it.value));
    let timeout = args.timeout.as_ref().map(|it| written(&it.value));
    let retry_if = args.retry_if.as_ref().map(|it| source(&it.value));
    let recover = args.recover.as_ref().map(|it| source(&it.value));
    let last = args.no_retry_after.as_ref().map(|it| written(&it.value));
    let reset = args.reset_after.as_ref().map(|it| written(&it.value));
    let task = "Can run in the background: `task` makes a call that can be submitted.";
    let cancel = "Can be cancelled between attempts, and during an attempt if it is `async`.";
    let facts = [
        deadline.map(|limit| format!("Deadline for the whole call: {limit}.")),
        last.map(|limit| format!("No attempt begins later than {limit} after the start.")),
        timeout.map(|limit| format!("Timeout of one attempt: {limit}.")),
        reset.map(|time| format!("After an attempt that ran for {time}, the retries begin anew.")),
        ambiguous(args),
        Some(budget(args)),
        breaker(args),
        Some(retry_after(args)),
        retry_if.map(|rule| format!("A success for which `{rule}` is true is retried.")),
        recover.map(|path| format!("The final failure goes to `{path}`.")),
        args.task.as_ref().map(|_| task.to_owned()),
        args.cancel.as_ref().map(|_| cancel.to_owned()),
    ];
    facts.into_iter().flatten().collect()
}

/// A sentence about a server's hint.
fn retry_after(args: &Args) -> String {
    let instead = args.hint.as_ref().is_some_and(|hint| source(&hint.value) == "instead");
    let delay = if instead { "the delay" } else { "a shorter delay" };
    let long = match args.hint_cap.as_ref().map(|cap| &cap.value) {
        Some(HintCap::Clamp(_, longest)) => {
            format!("one that is too long is cut to {}", written(longest))
        }
        _ => "one that is too long ends the call".to_owned(),
    };
    format!("A server's `Retry-After` replaces {delay}; {long}.")
}

/// A sentence about failures that may have taken effect, if the function can have any.
fn ambiguous(args: &Args) -> Option<String> {
    let unclassified = args.retries_any() || args.on.is_none() && args.when.is_some();
    if unclassified && args.timeout.is_none() {
        return None;
    }
    let listed = args.listed_kinds().iter().any(|kind| kind == "Ambiguous");
    let declared = args.idempotent.as_ref().map(|idempotent| source(&idempotent.value));
    let fact = match declared.as_deref().filter(|_| !listed) {
        Some("false") => "Not idempotent: a failure that may have taken effect ends the call.",
        Some(expr) if expr != "true" => {
            return Some(format!("A failure that may have taken effect is retried if `{expr}`."));
        }
        None if !listed && args.policy.is_some() => "Idempotent if the policy declares it.",
        None if !listed => {
            "Not declared idempotent: a failure that may have taken effect ends the call."
        }
        _ => "Idempotent: a failure that may have taken effect is retried.",
    };
    Some(fact.to_owned())
}

fn budget(args: &Args) -> String {
    match args.budget.as_ref().map(|budget| &budget.value) {
        Some(Protection::Value(expr)) if expr.to_token_stream().to_string() == "none" => {
            "No retry budget.".to_owned()
        }
        budget => {
            let by_breaker =
                || budget.is_none().then(|| args.breaker.as_ref()?.value.key()).flatten();
            let key = budget.and_then(Protection::key).or_else(by_breaker);
            let each = if key.is_some() { ", and on one for each key" } else { "" };
            format!("Retries draw on {}{each}.", named("budget", budget))
        }
    }
}

fn breaker(args: &Args) -> Option<String> {
    let breaker = &args.breaker.as_ref()?.value;
    let each = if breaker.key().is_some() { ", one for each key" } else { "" };
    Some(format!("Protected by {}{each}.", named("circuit breaker", Some(breaker))))
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

fn written(time: &Time) -> String {
    match time.literal() {
        Some(duration) => human(duration),
        None => format!("`{}`", source(time)),
    }
}

/// Tokens with roughly the usual spaces and without backticks, at most 60 characters.
fn source(tokens: impl ToTokens) -> String {
    const SPACING: [(&str, &str); 12] = [
        (" :: ", "::"),
        (" . ", "."),
        (" (", "("),
        ("( ", "("),
        (" )", ")"),
        (" ,", ","),
        ("& ", "&"),
        ("! ", "!"),
        (" !", "!"),
        (" : ", ": "),
        (" < ", "<"),
        (" > ", ">"),
    ];
    let text = tokens.to_token_stream().to_string().replace(['`', '\n'], " ");
    let text = SPACING.iter().fold(text, |text, (from, to)| text.replace(from, to));
    let text = closure(&text).unwrap_or(text);
    if text.chars().count() <= 60 {
        return text;
    }
    text.chars().take(59).chain(['…']).collect()
}

/// A closure without spaces between the bars and the parameter.
fn closure(text: &str) -> Option<String> {
    let (parameter, body) = text.strip_prefix('|')?.split_once('|')?;
    Some(format!("|{}| {}", parameter.trim(), body.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_shown_as_they_are_usually_written() {
        let shown = |tokens: TokenStream| source(tokens);
        assert_eq!(shown(quote!(|e: &PayError| e.is_busy())), "|e: &PayError| e.is_busy()");
        assert_eq!(shown(quote!(|e| matches!(e, Pay::Busy))), "|e| matches!(e, Pay::Busy)");
        assert_eq!(shown(quote!(Self::fallback)), "Self::fallback");
    }
}
