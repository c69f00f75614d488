//! Counts that must not grow: our instructions, locked instructions, allocations, bytes and sizes of futures.
//!
//! Times are left out: on a shared machine they vary more than a change does.

use std::collections::BTreeMap;
use std::fs;

use super::callgrind::{self, HAND, HARNESS};
use super::harness::Harness;
use super::machine;
use super::tables::{number, parse, row};
use crate::run::{Outcome, root};

/// The percentage that new ceilings add to counted instructions, since compilers differ a little.
const ROOM: f64 = 2.0;

/// The percentage for cases with tokio's timer, also for locked instructions: the timer's work varies between runs.
const ROOM_WITH_TIMER: f64 = 10.0;

/// The number of calls that wait at the same time. The bytes of each are counted, also those of its task and its timer.
const WAITING: &str = "10000";

const COLUMNS: [&str; 5] =
    ["instructions", "locked instructions", "allocations", "bytes allocated", "size of the future"];

/// The counts of each kind of work and candidate, in the order of the columns.
type Counts = BTreeMap<(String, String), [f64; 5]>;

fn file() -> String {
    format!("{}/benches/CEILINGS.md", root())
}

/// Counts and compares with the ceilings.
pub(crate) fn check() -> Outcome {
    let text = fs::read_to_string(file()).map_err(|error| format!("{}: {error}", file()))?;
    let ceilings = read(&text)?;
    let complaints = compare(&measured()?, &ceilings);
    if complaints.is_empty() {
        println!("no count of {} is above its ceiling", ceilings.len());
        return Ok(());
    }
    Err(format!(
        "counts above their ceilings:\n\n    {}\n\n  lower the counts, or raise the ceilings in \
         benches/CEILINGS.md and give the reason in the commit",
        complaints.join("\n    "),
    ))
}

/// Counts and writes new ceilings.
pub(crate) fn write() -> Outcome {
    let mut text = format!(
        "# Ceilings\n\n\
         The maximum cost of a call; `cargo xtask bench --check` counts and compares. The cost of the harness is \
         subtracted, as in [REPORT.md](REPORT.md). After an improvement, `cargo xtask bench --ceilings` lowers the \
         ceilings: it adds {ROOM} % to the counted instructions ({ROOM_WITH_TIMER} % with tokio's timer) and nothing to \
         the other counts. In the rows `waiting`, the bytes are those of a call that waits for its next attempt, with \
         its task and its timer. Whoever raises a ceiling gives the reason in the commit.\n\n\
         Counted with {}.\n\n",
        machine::toolchain()?,
    );
    let heads = ["work", "candidate"].iter().chain(&COLUMNS).map(|head| (*head).to_owned());
    text.push_str(&row(heads));
    text.push_str(&row((0..7).map(|column| if column < 2 { "---" } else { "---:" }.to_owned())));
    for ((work, candidate), counts) in measured()? {
        let limits = counts.iter().zip(COLUMNS).map(|(count, column)| limit(&work, column, *count));
        let limits: Vec<String> = limits.map(number).collect();
        text.push_str(&row([work.clone(), candidate].into_iter().chain(limits)));
    }
    fs::write(file(), text).map_err(|error| format!("{}: {error}", file()))
}

/// The ceiling for a count.
fn limit(work: &str, column: &str, count: f64) -> f64 {
    let room = match (work, column) {
        ("async-three", "instructions" | "locked instructions") => ROOM_WITH_TIMER,
        (_, "instructions") => ROOM,
        // A figure that several calls share has decimals; the table has one of them, and none from 100 on.
        _ if count >= 100.0 => return count.ceil(),
        _ => return (count * 10.0).ceil() / 10.0,
    };
    (count * (1.0 + room / 100.0)).ceil()
}

fn measured() -> Result<Counts, String> {
    let harness = Harness::without_peers()?;
    let mut counts = Counts::new();
    for count in callgrind::count(&harness)? {
        if count.candidate == HAND {
            continue;
        }
        let key = (count.work, count.candidate);
        counts.insert(key, [count.instructions, count.locked, 0.0, 0.0, 0.0]);
    }
    for line in harness.measure(&["allocations"])? {
        let [_, work, candidate, figures @ ..] = &line[..] else {
            return Err(format!("the harness printed {line:?}"));
        };
        if [HARNESS, HAND].contains(&candidate.as_str()) {
            continue;
        }
        let counts = counts.get_mut(&(work.clone(), candidate.clone()));
        let counts = counts.ok_or_else(|| format!("{line:?} was not counted"))?;
        for (count, figure) in counts[2..].iter_mut().zip(figures) {
            *count = figure.parse().map_err(|_| format!("the harness printed {line:?}"))?;
        }
    }
    for line in harness.measure(&["waiters"])? {
        let [_, threads, candidate] = &line[..] else {
            return Err(format!("the harness printed {line:?}"));
        };
        if threads != "1" || candidate == HAND {
            continue;
        }
        let rows = harness.measure(&["waiting", threads, candidate, WAITING])?;
        let bytes = rows.first().and_then(|row| row.get(3)?.parse().ok());
        let bytes = bytes.ok_or_else(|| format!("the harness printed {rows:?}"))?;
        counts.insert(("waiting".into(), candidate.clone()), [0.0, 0.0, 0.0, bytes, 0.0]);
    }
    Ok(counts)
}

fn read(text: &str) -> Result<Counts, String> {
    let mut ceilings = Counts::new();
    for cells in parse(text) {
        let [work, candidate, figures @ ..] = &cells[..] else { continue };
        let figures: Option<Vec<f64>> = figures.iter().map(|cell| cell.parse().ok()).collect();
        let Some(figures) = figures.and_then(|figures| <[f64; 5]>::try_from(figures).ok()) else {
            return Err(format!("CEILINGS.md: not five numbers in the row of {work}, {candidate}"));
        };
        ceilings.insert((work.clone(), candidate.clone()), figures);
    }
    Ok(ceilings)
}

/// Reports counts above their ceiling, counts without a ceiling, and ceilings without a count.
fn compare(counts: &Counts, ceilings: &Counts) -> Vec<String> {
    let mut complaints = Vec::new();
    for ((work, candidate), counted) in counts {
        let Some(limits) = ceilings.get(&(work.clone(), candidate.clone())) else {
            complaints.push(format!("{work}, {candidate}: has no ceiling"));
            continue;
        };
        for ((count, limit), column) in counted.iter().zip(limits).zip(COLUMNS) {
            if *count > limit + 0.05 {
                complaints.push(format!(
                    "{work}, {candidate}: {} {column}, above the ceiling of {}",
                    number(*count),
                    number(*limit),
                ));
            }
        }
    }
    for (work, candidate) in ceilings.keys().filter(|key| !counts.contains_key(*key)) {
        complaints.push(format!("{work}, {candidate}: has a ceiling but was not counted"));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, [f64; 5])]) -> Counts {
        rows.iter().map(|(name, counts)| (("sync".into(), (*name).into()), *counts)).collect()
    }

    #[test]
    fn a_count_above_its_ceiling_is_reported_with_both_numbers() {
        let ceilings = counts(&[("ours", [50.0, 0.0, 0.0, 0.0, 0.0])]);
        assert!(compare(&counts(&[("ours", [50.0, 0.0, 0.0, 0.0, 0.0])]), &ceilings).is_empty());
        let complaints = compare(&counts(&[("ours", [51.0, 1.0, 0.0, 0.0, 0.0])]), &ceilings);
        assert_eq!(
            complaints,
            [
                "sync, ours: 51 instructions, above the ceiling of 50",
                "sync, ours: 1 locked instructions, above the ceiling of 0",
            ]
        );
    }

    #[test]
    fn a_case_without_a_ceiling_and_a_ceiling_without_a_case_are_reported() {
        let none = [0.0; 5];
        let complaints = compare(&counts(&[("new", none)]), &counts(&[("old", none)]));
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn only_instructions_and_counts_with_the_timer_get_an_allowance() {
        assert_eq!(limit("sync-first", "instructions", 50.0), 51.0);
        assert_eq!(limit("sync-first", "locked instructions", 2.0), 2.0);
        assert_eq!(limit("async-three", "locked instructions", 20.0), 22.0);
        assert_eq!(limit("async-three", "bytes allocated", 136.0), 136.0);
    }

    #[test]
    fn the_file_is_read_as_it_is_written() {
        let text = "# Ceilings\n\n| work | candidate | a | b | c | d | e |\n|---|---|---:|---:|---:|---:|---:|\n| sync | ours | 50 | 0 | 1.5 | 136 | 0 |\n";
        let read = read(text).unwrap();
        assert_eq!(read, counts(&[("ours", [50.0, 0.0, 1.5, 136.0, 0.0])]));
    }
}
