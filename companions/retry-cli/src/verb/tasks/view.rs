//! Formats a task for people to read.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, ArgMatches};
use retry_runtime::control::OneLine;
use retry_tasks::{Format, TaskAttempt, TaskInfo, Time};
use retry_text::duration::human;
use serde::Serialize;

use crate::args;
use crate::table::Table;

const FORMATS: [(&str, Format); 3] =
    [("minimal", Format::Minimal), ("standard", Format::Standard), ("full", Format::Full)];

/// `--format FORMAT`.
pub(super) fn argument(default: &'static str) -> Arg {
    let names = PossibleValuesParser::new(FORMATS.map(|(name, _)| name));
    let known = |name: String| {
        let format = FORMATS.iter().find(|(known, _)| *known == name);
        format.map(|(_, format)| *format).ok_or("there is no such format")
    };
    args::option(
        "format",
        "FORMAT",
        "How much to print: minimal is the state, standard adds times and errors, full adds the history",
    )
    .default_value(default)
    .value_parser(names.try_map(known))
}

pub(super) fn format(matches: &ArgMatches) -> Format {
    matches.get_one("format").copied().unwrap_or_default()
}

/// Puts text that users or functions wrote on one line. The cells of a table are lines in any case.
pub(super) fn line(text: &str) -> String {
    OneLine(text).to_string()
}

/// `1 of 3`, or `3 retries + 1 by hand`.
pub(super) fn retries(info: &TaskInfo) -> String {
    let made = info.retry_count;
    if info.by_hand > 0 {
        let own = made.saturating_sub(info.by_hand);
        let word = if own == 1 { "retry" } else { "retries" };
        return format!("{own} {word} + {} by hand", info.by_hand);
    }
    info.max_retries.map_or_else(|| made.to_string(), |max| format!("{made} of {max}"))
}

/// `40 %: step 4`; empty when no progress was reported.
pub(super) fn progress(info: &TaskInfo) -> String {
    let progress = info.progress.as_ref();
    let share = progress.and_then(|it| it.fraction).map(|it| format!("{:.0} %", it * 100.0));
    let message = progress.and_then(|it| it.message.as_deref()).map(line);
    let parts: Vec<String> = share.into_iter().chain(message).collect();
    parts.join(": ")
}

/// `transient: connection refused`; empty when nothing has failed.
pub(super) fn error(info: &TaskInfo) -> String {
    failure(info.last_kind.map(|kind| kind.name()), info.last_error.as_deref())
}

fn failure(kind: Option<&str>, text: Option<&str>) -> String {
    let parts: Vec<String> = kind.map(str::to_owned).into_iter().chain(text.map(line)).collect();
    parts.join(": ")
}

/// `5 min ago`; empty without a time.
pub(super) fn ago(time: Option<Time>, now: Time) -> String {
    time.map(|time| format!("{} ago", human(now.since(time)))).unwrap_or_default()
}

/// `2026-01-01T00:00:00.000Z, in 5 min`, or how long ago.
fn due(time: Time, now: Time) -> String {
    match time > now {
        true => format!("{time}, in {}", human(time.since(now))),
        false => format!("{time}, {}", ago(Some(time), now)),
    }
}

/// A task with a line per field, then the history of its attempts.
pub(super) fn block(info: &TaskInfo, now: Time) -> String {
    let mut table = Table::new(["task", &info.id.to_string()]);
    let mut row = |name: &str, text: String| {
        if !text.is_empty() {
            table.row([name.to_owned(), text]);
        }
    };
    let when = |time: Option<Time>| {
        time.map(|time| format!("{time}, {}", ago(Some(time), now))).unwrap_or_default()
    };
    let until = |time: Option<Time>| {
        let left = |time: Time| format!("{time}, {} left", human(time.since(now)));
        time.map(left).unwrap_or_default()
    };
    let by_hand = if info.can_retry { ", can be retried manually" } else { "" };
    row("function", info.name.clone());
    row("state", info.state.to_string());
    row("retries", retries(info) + by_hand);
    row("progress", progress(info));
    row("submitted", when(info.created_at));
    row("due", info.due_at.map(|due| self::due(due, now)).unwrap_or_default());
    row("started", when(info.started_at));
    row("ended", when(info.ended_at));
    row("deadline", if info.state.is_ended() { String::new() } else { until(info.deadline) });
    row("expected end", until(info.eta));
    row("last error", error(info));
    row("worker", info.worker.clone().unwrap_or_default());
    row("result", info.result.as_ref().map(ToString::to_string).unwrap_or_default());
    row("arguments", info.arguments.as_ref().map(ToString::to_string).unwrap_or_default());
    match info.attempts() {
        [] => table.to_string(),
        attempts => format!("{table}\n{}", history(attempts, now)),
    }
}

fn history(attempts: &[TaskAttempt], now: Time) -> String {
    let mut table =
        Table::new(["attempt", "started", "took", "outcome", "pause after", "worker", "error"]);
    for attempt in attempts {
        let took = human(attempt.ended.unwrap_or(now).since(attempt.started));
        let source = attempt.delay_source.map(|it| format!(" ({})", word(&it))).unwrap_or_default();
        table.row([
            attempt.attempt.to_string(),
            attempt.started.to_string(),
            if attempt.ended.is_some() { took } else { took + " so far" },
            word(&attempt.outcome),
            attempt.delay.map(|delay| human(delay) + &source).unwrap_or_default(),
            attempt.worker.clone(),
            failure(attempt.kind.map(|kind| kind.name()), attempt.error.as_deref()),
        ]);
    }
    table.to_string()
}

/// An ended attempt on one line.
pub(super) fn attempt(attempt: &TaskAttempt, now: Time) -> String {
    let took = human(attempt.ended.unwrap_or(now).since(attempt.started));
    let error = failure(attempt.kind.map(|kind| kind.name()), attempt.error.as_deref());
    let colon = if error.is_empty() { "" } else { ": " };
    let outcome = word(&attempt.outcome);
    format!("{} attempt {} {outcome} after {took}{colon}{error}", attempt.started, attempt.attempt)
}

/// The serialised name of an enum variant.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
