//! The performance goals of this repository.

use super::callgrind::HAND;
use super::figures::{Case, Figures};
use super::tables::{number, table};
use super::user_crate::{ALONE, APPLICATION, APPLICATION_WITH_OURS, Clean, Function, Lean};

const BARE: &str = "ours, budget = none";
const OURS: &str = "ours";
const ALL: &str = "ours + breaker";
const KEYED: &str = "ours + breaker, keyed";

const LOCKED: &str = "… locked instructions, all features on";
const ALLOCATIONS: &str = "… allocations, all features on";

/// A limit and the measured value.
#[derive(Debug)]
struct Goal {
    what: &'static str,
    limit: f64,
    is: f64,
}

/// The table of all goals.
pub(crate) fn written(figures: &Figures) -> Result<String, String> {
    Ok(tabulated(&goals(figures)?))
}

/// The table of the goals of one more function.
pub(crate) fn of_functions_alone(functions: &[Function]) -> Result<String, String> {
    Ok(tabulated(&of_functions(functions)?))
}

/// The table of the goals of clean builds.
pub(crate) fn of_builds_alone(builds: &[Clean]) -> Result<String, String> {
    Ok(tabulated(&of_builds(builds)?))
}

/// The table of the goals of a small program with our lean package.
pub(crate) fn of_lean_alone(lean: &[Lean]) -> Result<String, String> {
    Ok(tabulated(&of_lean(lean)?))
}

fn tabulated(goals: &[Goal]) -> String {
    let rows: Vec<Vec<String>> = goals
        .iter()
        .map(|goal| {
            let verdict = if goal.is <= goal.limit { "yes" } else { "**no**" };
            vec![goal.what.to_owned(), precise(goal.limit), precise(goal.is), verdict.to_owned()]
        })
        .collect();
    table(&["goal", "at most", "is", "reached"], 1, &rows)
}

/// Formats small fractions, such as ratios, with two decimals.
fn precise(value: f64) -> String {
    if value < 10.0 && value.fract() != 0.0 { format!("{value:.2}") } else { number(value) }
}

fn goals(figures: &Figures) -> Result<Vec<Goal>, String> {
    let mut goals = of_first_tries(figures)?;
    goals.extend(beside_peers(figures)?);
    goals.extend(of_failures_and_futures(figures)?);
    goals.extend(of_listeners(figures)?);
    goals.extend(of_functions(&figures.functions)?);
    goals.extend(of_threads(figures)?);
    goals.extend(of_builds(&figures.clean)?);
    goals.extend(of_lean(&figures.lean)?);
    Ok(goals)
}

fn of_first_tries(figures: &Figures) -> Result<Vec<Goal>, String> {
    let of = |what, limit, work, candidate| {
        Ok::<Goal, String>(Goal { what, limit, is: case(figures, work, candidate)?.instructions })
    };
    let mut goals = vec![
        of("first try, sync, all features on: instructions", 50.0, "sync-first", ALL)?,
        of("… `async`, ready at once", 95.0, "async-ready", ALL)?,
        of("… sync, `budget = none`", 47.0, "sync-first", BARE)?,
        of("… sync, with a deadline", 160.0, "sync-first", "ours, deadline")?,
        of("… `async`, with a deadline", 220.0, "async-ready", "ours, deadline")?,
        of("… `async`, with a timeout", 220.0, "async-ready", "ours, timeout")?,
        of("… sync, a keyed breaker, and a budget for each key", 220.0, "sync-first", KEYED)?,
        of("… sync, configured", 200.0, "sync-first", "ours + breaker, overridden")?,
        of("… pending once, with a timeout, whole", 2300.0, "async-timed", "ours, timeout")?,
    ];
    for work in ["sync-first", "async-ready"] {
        let all = case(figures, work, ALL)?;
        goals.push(Goal { what: LOCKED, limit: 0.0, is: all.locked });
        goals.push(Goal { what: ALLOCATIONS, limit: 0.0, is: all.allocations });
    }
    // What failures elsewhere make the breaker of a success cost, beyond what they make the rest cost.
    let failing = case(figures, "sync-first", "breaker alone, one of 100 fails")?;
    let healthy = case(figures, "sync-first", "breaker alone, one of 1000 fails")?;
    goals.push(Goal {
        what: "breaker, one call of 100 fails instead of one of 1000: instructions added",
        limit: 25.0,
        is: failing.instructions - healthy.instructions,
    });
    let large = "breaker alone, window of 100 000, one of 1000 fails";
    goals.push(Goal {
        what: "… a window of 100 000 instead of 100: instructions added",
        limit: 25.0,
        is: case(figures, "sync-first", large)?.instructions - healthy.instructions,
    });
    let full = "breaker alone, window of 100 000 full of successes, one of 1000 fails";
    goals.push(Goal {
        what: "a breaker's first failure after 200 successes or more: instructions",
        limit: 300.0,
        is: healthy.part,
    });
    goals.push(Goal {
        what: "… after 100 000",
        limit: 300.0,
        is: case(figures, "sync-first", full)?.part,
    });
    Ok(goals)
}

fn beside_peers(figures: &Figures) -> Result<Vec<Goal>, String> {
    let backon = case(figures, "async-ready", "backon + recloser")?;
    let seatbelt = case(figures, "async-ready", "seatbelt + breaker")?;
    let ready = case(figures, "async-ready", ALL)?;
    Ok(vec![
        Goal {
            what: "retry and breaker, ready at once: instructions, a quarter of backon + recloser",
            limit: backon.instructions / 4.0,
            is: ready.instructions,
        },
        Goal {
            what: "… an eighth of seatbelt + breaker",
            limit: seatbelt.instructions / 8.0,
            is: ready.instructions,
        },
    ])
}

fn of_failures_and_futures(figures: &Figures) -> Result<Vec<Goal>, String> {
    let three = |candidate| case(figures, "sync-three", candidate);
    let hand = case(figures, "async-ready", HAND)?;
    let ready = case(figures, "async-ready", ALL)?;
    Ok(vec![
        Goal {
            what: "three failures, sync: instructions",
            limit: 3400.0,
            is: three(OURS)?.instructions,
        },
        Goal { what: "… with breaker", limit: 4300.0, is: three(ALL)?.instructions },
        // Three failures are three texts.
        Goal {
            what: "… allocations for each failure, `io::Error`",
            limit: 1.0,
            is: three("ours, io::Error")?.allocations / 3.0,
        },
        Goal {
            what: "… allocations for each failure, a boxed error",
            limit: 3.0,
            is: three("ours, boxed error of an unknown type")?.allocations / 3.0,
        },
        Goal {
            what: "the future, all features on: the hand-written loop plus 16 bytes",
            limit: hand.size + 16.0,
            is: ready.size,
        },
    ])
}

fn of_listeners(figures: &Figures) -> Result<Vec<Goal>, String> {
    let of = |what, limit, work, candidate| {
        Ok::<Goal, String>(Goal { what, limit, is: case(figures, work, candidate)?.instructions })
    };
    Ok(vec![
        of("first try with `report`, sync: instructions", 400.0, "sync-first", "ours, report")?,
        of("… in `observe`", 700.0, "sync-first", "ours, in observe")?,
        of(
            "four failures under a `tracing` subscriber: instructions",
            71_000.0,
            "storm",
            "ours, every event written",
        )?,
        Goal {
            what: "… in an outage: times a loop with four `warn!`",
            limit: 1.5,
            is: case(figures, "storm", "ours, ten events a second")?.time.ratio,
        },
    ])
}

fn of_functions(functions: &[Function]) -> Result<Vec<Goal>, String> {
    let sync = function(functions, OURS, false)?;
    let future = function(functions, OURS, true)?;
    let by_hand = function(functions, HAND, false)?;
    let by_hand_async = function(functions, HAND, true)?;
    Ok(vec![
        Goal { what: "one more function, sync: bytes of code", limit: 400.0, is: sync.text },
        Goal {
            what: "… times the build of the hand-written loop",
            limit: 3.0,
            is: sync.build / by_hand.build,
        },
        Goal { what: "… ms of its build without optimisation", limit: 5.0, is: sync.debug },
        Goal { what: "one more function, `async`: bytes of code", limit: 1000.0, is: future.text },
        Goal {
            what: "… times the build of the hand-written loop",
            limit: 2.5,
            is: future.build / by_hand_async.build,
        },
    ])
}

/// In builds of backon-macros, since seconds are those of one machine: 5.8 processor seconds where the goals were set.
fn of_builds(builds: &[Clean]) -> Result<Vec<Goal>, String> {
    let build = |way: &str| {
        let found = builds.iter().find(|one| one.way == way);
        found.ok_or_else(|| format!("the build with `{way}` was not measured"))
    };
    let (ours, peer) = (build(OURS)?, build("backon-macros")?);
    let added = build(APPLICATION_WITH_OURS)?.seconds - build(APPLICATION)?.seconds;
    Ok(vec![
        Goal {
            what: "clean debug build with 20 `async` functions: processor times of backon-macros",
            limit: 11.0 / 5.8,
            is: ours.seconds / peer.seconds,
        },
        Goal { what: "… wall times", limit: 10.0 / 5.5, is: ours.wall / peer.wall },
        Goal {
            what: "… added to an application with tokio, serde and tracing",
            limit: 6.0 / 5.8,
            is: added / peer.seconds,
        },
    ])
}

/// Of a `Policy` without the feature `sites`.
fn of_lean(lean: &[Lean]) -> Result<Vec<Goal>, String> {
    let found = |is_async| {
        let found = lean.iter().find(|one| one.way == ALONE && one.is_async == is_async);
        found.ok_or_else(|| format!("the small program with `{ALONE}` was not built"))
    };
    let (sync, future) = (found(false)?, found(true)?);
    Ok(vec![
        Goal {
            what: "a `Policy` alone, clean release build: processor seconds",
            limit: 2.0,
            is: sync.seconds.max(future.seconds),
        },
        Goal { what: "… bytes added to a small program, sync", limit: 60_000.0, is: sync.added },
        Goal { what: "… `async`", limit: 60_000.0, is: future.added },
    ])
}

fn of_threads(figures: &Figures) -> Result<Vec<Goal>, String> {
    let waiting = figures.waiting.iter();
    let mut ours = waiting.filter(|one| one.threads == "1" && one.candidate == OURS);
    let ours = ours.next().ok_or_else(|| format!("`{OURS}` was not measured waiting"))?;
    let shared = |candidate: &str| {
        let mut found = figures.shared.iter();
        let found = found.find(|one| one.work == "sync-first" && one.candidate == candidate);
        found.ok_or_else(|| format!("`{candidate}` was not measured with two threads"))
    };
    let two_to_one = |what, limit, candidate| {
        let shared = shared(candidate)?;
        Ok::<Goal, String>(Goal { what, limit, is: shared.two / shared.one })
    };
    Ok(vec![
        Goal {
            what: "a million waiting calls: bytes of each, with its task",
            limit: 650.0,
            is: ours.bytes,
        },
        Goal { what: "… resident", limit: 900.0, is: ours.resident },
        Goal {
            what: "two threads, sync, all features on: times the call without a budget",
            limit: 1.25,
            is: shared(ALL)?.two / shared(BARE)?.two,
        },
        two_to_one(
            "breaker, one of 100 fails: times one thread",
            1.5,
            "breaker alone, one of 100 fails",
        )?,
        two_to_one("… one of 10", 1.6, "breaker alone, one of 10 fails")?,
        two_to_one("… open", 1.1, "breaker alone, open")?,
    ])
}

fn case<'a>(figures: &'a Figures, work: &str, candidate: &str) -> Result<&'a Case, String> {
    figures.case(work, candidate).ok_or_else(|| format!("{work}, {candidate} was not measured"))
}

fn function<'a>(
    functions: &'a [Function],
    way: &str,
    is_async: bool,
) -> Result<&'a Function, String> {
    let mut found = functions.iter().filter(|one| one.way == way && one.is_async == is_async);
    found.next().ok_or_else(|| format!("functions of `{way}` were not built"))
}
