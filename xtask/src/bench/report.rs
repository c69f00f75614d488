//! Writes all figures to `benches/REPORT.md`.

use std::fs;

use super::figures::{Case, Figures, Time};
use super::goals;
use super::machine;
use super::tables::{number, table};
use super::user_crate::{self, Clean, Function, Lean};
use crate::run::{Outcome, root};

/// Measures everything and writes the report.
pub(crate) fn write() -> Outcome {
    let figures = Figures::measured()?;
    let file = format!("{}/benches/REPORT.md", root());
    let mut text = introduction()?;
    text.push_str(&section("Goals", GOALS, &goals::written(&figures)?));
    text.push_str(&section("Candidates", CANDIDATES, &candidates(&figures)));
    for (work, title, note) in WORKS {
        text.push_str(&section(title, note, &of_work(&figures, work)));
    }
    text.push_str(&section("Two threads", TWO_THREADS, &two_threads(&figures)));
    text.push_str(&section("A million waiting calls", WAITING, &waiting(&figures)));
    for (is_async, title) in [(false, "One more function"), (true, "One more `async` function")] {
        text.push_str(&section(title, FUNCTION, &functions(&figures.functions, is_async)));
    }
    text.push_str(&section("A clean build", CLEAN, &clean(&figures.clean)));
    text.push_str(&section("A small program", SMALL, &small(&figures.lean)));
    fs::write(&file, text).map_err(|error| format!("{file}: {error}"))
}

fn introduction() -> Result<String, String> {
    Ok(format!(
        "# What retries cost\n\nWritten by `cargo xtask bench` at {}, on {}.\n\n{METHOD}\n",
        machine::commit()?,
        machine::description()?,
    ))
}

fn section(title: &str, note: &str, tables: &str) -> String {
    format!("\n## {title}\n\n{note}\n\n{tables}")
}

const METHOD: &str = "\
All candidates run in one process, in turn, and do the same work: the same attempt, the same failure, up to three
retries, and each asks the failure whether to retry. An attempt is a call that is not inlined; a case is called through
a pointer; a future is polled through `dyn Future`. A test checks that every case has the same outcome. Cargo's default
release profile, without link-time optimisation across crates.

- Callgrind counts *instructions* and *locked* instructions (with a `lock` prefix, or an exchange with memory) over
  1000 calls after warm-up; the cost of the harness is subtracted. The counts are exact, except in cases with a timer.
- *ns* is the median over many rounds; in each, every candidate has a turn of about 20 µs, in varying order. It
  includes the harness: about 3 ns, for futures 8 ns. *× hand* is the median of the ratios to the hand-written loop in
  the same round, with the first and third quartiles.
- The allocator counts *allocations* and *bytes*; *future* is `size_of_val` in bytes.";

const GOALS: &str = "The performance goals of this repository and the measured values.";

const CANDIDATES: &str = "Versions and features in use. A small figure of a candidate that lacks features is no advantage.";

const WORKS: [(&str, &str, &str); 8] = [
    ("sync-first", "A function that succeeds at the first try", "The common case: nothing fails."),
    (
        "async-ready",
        "A future that succeeds at the first try and is ready at once",
        "The same, polled once.",
    ),
    (
        "async-pending",
        "A future that succeeds at the first try and is pending once",
        "The same, polled twice.",
    ),
    (
        "sync-three",
        "A function that fails three times and then succeeds, without pauses",
        "A fixed delay of zero and no jitter, to measure the cost of the decisions. Budgets and breakers are configured \
         so that they never refuse, but do all their work.",
    ),
    (
        "sync-jitter",
        "The same, with a delay to calculate",
        "Exponential backoff with jitter from a base of zero; the hand-written loop has neither.",
    ),
    (
        "async-three",
        "A future that fails three times and then succeeds, with pauses of 1 ms",
        "On tokio's timer with a paused clock. Most of the cost is tokio's, for three sleeps. seatbelt is missing, \
         because its clock does not follow tokio's paused clock.",
    ),
    (
        "budget",
        "One deposit and one withdrawal",
        "The work of a budget for a call and a retry; ours also returns the token.",
    ),
    (
        "storm",
        "An outage: a function that fails four times under a `tracing` subscriber",
        "The fmt layer of `tracing-subscriber` at info, without colours, into a sink. The hand-written loop has four `warn!` with a \
         message and no field. The clock stands still, so ten events of a kind are written in all.",
    ),
];

const TWO_THREADS: &str = "Nanoseconds of a call when one thread calls, and when two threads call the same function at the same \
time, which shows contention on shared state. Medians, with quartiles, of the rounds in which both threads ran all the time.";

const WAITING: &str = "A million calls that have failed once and wait in their backoff. The bytes of a call are those that the \
allocator handed out, including the task; the resident ones are those by which the process has grown. With one thread, the clock is paused and jumps over the pause, so that all calls \
wake at once. With two threads, the clock is real, with a pause of 12 s, and *drained* is the time beyond that pause, \
including filling. Each measurement has its own process.";

const FUNCTION: &str = "The difference between programs with 20 and with 220 functions that differ only in a number, so one-time \
costs are not included. The unoptimised build is not incremental. *Expansion* is the compiler's own figure for all macros (attribute macros run unoptimised, as Cargo \
builds them). *A change* is one changed number in one of 220 functions, without optimisation. Times are processor times of \
all processes of the build, the fastest of up to five runs.";

const CLEAN: &str = "A clean, unoptimised build of a program with 20 `async` functions, of all processes, the fastest of up to five \
runs; not incremental, as Cargo builds packages from a registry. *Wall seconds* say how long the build is with the processors of this machine. *Crates* is the number of dependencies.";

const SMALL: &str = "A clean, optimised build of a program with two functions that retry: processor seconds of all processes, the \
fastest of up to five runs, and the bytes that its stripped file has more than that of the program without retries.";

fn candidates(figures: &Figures) -> String {
    let cells: Vec<Vec<String>> = figures.candidates.iter().map(|row| row[1..].to_vec()).collect();
    table(&["candidate", "version", "has", "does not have"], 4, &cells)
}

fn of_work(figures: &Figures, work: &str) -> String {
    let cases: Vec<&Case> = figures.cases.iter().filter(|case| case.work == work).collect();
    let has_future = cases.iter().any(|case| case.size > 0.0);
    let mut heads =
        vec!["candidate", "instructions", "locked", "ns", "× hand", "allocations", "bytes"];
    if has_future {
        heads.push("future");
    }
    let rows: Vec<Vec<String>> = cases
        .iter()
        .map(|case| {
            let mut cells = vec![
                case.candidate.clone(),
                number(case.instructions),
                number(case.locked),
                number(case.time.nanos),
                if work == "budget" { "–".to_owned() } else { ratio(&case.time) },
                number(case.allocations),
                number(case.bytes),
            ];
            if has_future {
                cells.push(number(case.size));
            }
            cells
        })
        .collect();
    table(&heads, 1, &rows)
}

fn ratio(time: &Time) -> String {
    format!("{:.2} ({:.2}–{:.2})", time.ratio, time.low, time.high)
}

fn two_threads(figures: &Figures) -> String {
    let mut rows = Vec::new();
    for shared in &figures.shared {
        rows.push(vec![
            shared.work.clone(),
            shared.candidate.clone(),
            number(shared.one),
            format!("{} ({}–{})", number(shared.two), number(shared.low), number(shared.high)),
            format!("{:.2}", shared.two / shared.one),
            number(shared.rounds),
        ]);
    }
    table(&["work", "candidate", "one thread", "two threads", "two to one", "rounds"], 2, &rows)
}

fn waiting(figures: &Figures) -> String {
    let mut rows = Vec::new();
    for waiting in &figures.waiting {
        let mut cells = vec![waiting.threads.clone(), waiting.candidate.clone()];
        cells.extend([waiting.bytes, waiting.resident].map(number));
        cells.extend(
            [waiting.filled, waiting.drained, waiting.processor]
                .map(|seconds| format!("{seconds:.2}")),
        );
        rows.push(cells);
    }
    let heads = [
        "threads",
        "candidate",
        "bytes of a call",
        "resident",
        "s to fill",
        "s to drain",
        "s of processor, in all",
    ];
    table(&heads, 2, &rows)
}

fn functions(all: &[Function], is_async: bool) -> String {
    let functions = all.iter().filter(|function| function.is_async == is_async);
    let rows: Vec<Vec<String>> = functions
        .map(|function| {
            vec![
                function.way.to_owned(),
                number(function.text),
                number(function.loaded),
                format!("{:.1}", function.build),
                format!("{:.1}", function.debug),
                format!("{:.2}", function.expansion),
                format!("{:.2}", function.change),
            ]
        })
        .collect();
    let heads = [
        "way",
        "bytes of code",
        "bytes loaded",
        "ms, optimised build",
        "ms, unoptimised build",
        "ms, expansion",
        "s, a change in 220",
    ];
    table(&heads, 1, &rows)
}

/// Prints the tables of one more function, and whether the goals are reached.
pub(crate) fn print_functions() -> Outcome {
    let all = user_crate::functions()?;
    let goals = goals::of_functions_alone(&all)?;
    println!("{}\n{}\n{goals}", functions(&all, false), functions(&all, true));
    Ok(())
}

/// Prints the table of clean builds, and whether the goals are reached.
pub(crate) fn print_builds() -> Outcome {
    let builds = user_crate::clean()?;
    println!("{}\n{}", clean(&builds), goals::of_builds_alone(&builds)?);
    Ok(())
}

/// Prints what a `Policy` alone costs a small program, and whether the goals are reached.
pub(crate) fn print_lean() -> Outcome {
    let lean = user_crate::lean()?;
    println!("{}\n{}", small(&lean), goals::of_lean_alone(&lean)?);
    Ok(())
}

fn small(lean: &[Lean]) -> String {
    let row = |one: &Lean| {
        let way = if one.is_async { format!("{}, `async`", one.way) } else { one.way.to_owned() };
        vec![way, format!("{:.1}", one.seconds), number(one.added), one.crates.to_string()]
    };
    let rows: Vec<Vec<String>> = lean.iter().map(row).collect();
    table(&["way", "processor seconds", "bytes added", "crates"], 1, &rows)
}

fn clean(builds: &[Clean]) -> String {
    let seconds = |seconds: f64| format!("{seconds:.1}");
    let row = |one: &Clean| {
        vec![one.way.to_owned(), seconds(one.seconds), seconds(one.wall), one.crates.to_string()]
    };
    let rows: Vec<Vec<String>> = builds.iter().map(row).collect();
    table(&["way", "processor seconds", "wall seconds", "crates"], 1, &rows)
}
