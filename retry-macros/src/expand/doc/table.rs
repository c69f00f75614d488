//! The table of delays. Retries with the same delay share a row.

use std::time::Duration;

use retry_text::duration::human;

use crate::read::args::Args;
use crate::read::schedule::{self, Pause};

/// Retries of one row, and the word that stands for them in the first column.
struct Row<'a> {
    first: &'a Pause,
    last: &'a Pause,
    /// Whether further retries, beyond those that were computed, have the same delay.
    goes_on: bool,
}

/// The lines of the table; none if there is no retry, or if a delay is not known to the macro.
pub(super) fn lines(args: &Args) -> Vec<String> {
    let pauses = schedule::pauses(args).unwrap_or_default();
    if pauses.is_empty() {
        return Vec::new();
    }
    let deadline = args.deadline.as_ref().and_then(|deadline| deadline.value.literal());
    let is_late =
        |pause: &Pause| deadline.is_some_and(|deadline| pause.earliest > deadline.as_secs_f64());
    let retries = schedule::retries(args);
    let more = retries.is_none_or(|total| total > pauses.len() as u64);
    // Those that begin after the deadline are one row, whatever their delays.
    let in_time = pauses.iter().position(is_late).unwrap_or(pauses.len());
    let never = pauses.get(in_time);
    let mut lines = ["", "| retry | delay before it | delays so far |", "|---:|---|---|"]
        .map(str::to_owned)
        .to_vec();
    // Past its end, a list repeats its last entry.
    let repeats = args.listed_delays().is_none_or(|delays| delays.len() <= pauses.len());
    let rows = rows(&pauses[..in_time], more && repeats && never.is_none());
    lines.extend(rows.iter().map(|shown| row(shown, retries)));
    match never {
        Some(late) => {
            let which = match retries {
                Some(total) if total == late.retry => late.retry.to_string(),
                Some(total) => format!("{} to {total}", late.retry),
                None => format!("from {} on", late.retry),
            };
            lines.push(format!("| {which} | ⚠ never starts: the deadline has passed | |"));
        }
        None if more && rows.last().is_none_or(|row| !row.goes_on) => {
            lines.push("| … | | |".to_owned());
        }
        None => {}
    }
    lines
}

/// Groups retries whose delays are the same. Where the last delays computed do not change any more, `more` retries have them,
/// too.
fn rows(pauses: &[Pause], more: bool) -> Vec<Row<'_>> {
    let same = |a: &Pause, b: &Pause| (a.shortest, a.longest) == (b.shortest, b.longest);
    let groups = pauses.chunk_by(same);
    let mut rows: Vec<Row<'_>> = groups
        .map(|group| Row { first: &group[0], last: &group[group.len() - 1], goes_on: false })
        .collect();
    if let Some(row) = rows.last_mut() {
        row.goes_on = more && row.first.retry < row.last.retry;
    }
    rows
}

fn row(Row { first, last, goes_on }: &Row<'_>, total: Option<u64>) -> String {
    let delay = range(first.shortest, first.longest);
    let which = match (first.retry == last.retry, goes_on, total) {
        (_, true, None) => format!("from {} on", first.retry),
        (_, true, Some(total)) => format!("{} to {total}", first.retry),
        (true, ..) => first.retry.to_string(),
        (false, ..) => format!("{} to {}", first.retry, last.retry),
    };
    // The sum of a row without an end is not known.
    let sum = if *goes_on { String::new() } else { range(last.earliest, last.latest) };
    format!("| {which} | {delay} | {sum} |")
}

fn range(shortest: f64, longest: f64) -> String {
    let seconds = |s: f64| human(Duration::try_from_secs_f64(s).unwrap_or(Duration::MAX));
    if shortest == longest {
        seconds(longest)
    } else {
        format!("{} to {}", seconds(shortest), seconds(longest))
    }
}
