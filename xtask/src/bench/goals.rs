//! The performance goals of this repository.

use super::callgrind::HAND;
use super::figures::{Case, Figures};
use super::tables::{number, table};
use super::user_crate::{APPLICATION, APPLICATION_WITH_OURS, Clean, Function};

const BARE: &str = "ours, budget = none";
const OURS: &str = "ours";
const ALL: &str = "ours + breaker";

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

/// The table of the goals of clean builds.
pub(crate) fn of_builds_alone(builds: &[Clean]) -> Result<String, String> {
    Ok(tabulated(&of_builds(builds)?))
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
    goals.extend(of_functions(figures)?);
    goals.extend(of_threads(figures)?);
    goals.extend(of_builds(&figures.clean)?);
    Ok(goals)
}

fn of_first_tries(figures: &Figures) -> Result<Vec<Goal>, String> {
    let sync = case(figures, "sync-first", ALL)?;
    let ready = case(figures, "async-ready", ALL)?;
    let pending = case(figures, "async-pending", ALL)?;
    let of = |what, instructions, ratio, case: &Case| {
        [
            Goal { what, limit: instructions, is: case.instructions },
            Goal { what: "… times the hand-written loop", limit: ratio, is: case.time.ratio },
            Goal { what: "… locked instructions", limit: 0.0, is: case.locked },
            Goal { what: "… allocations", limit: 0.0, is: case.allocations },
        ]
    };
    let mut goals = Vec::new();
    goals.extend(of("first try, sync, all features on: instructions", 50.0, 1.05, sync));
    goals.extend(of("first try, ready at once, all features on: instructions", 95.0, 1.10, ready));
    goals.push(Goal {
        what: "first try, pending once, all features on: times the hand-written loop",
        limit: 1.10,
        is: pending.time.ratio,
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
    let three = |candidate| Ok::<f64, String>(case(figures, "sync-three", candidate)?.instructions);
    let hand = case(figures, "async-ready", HAND)?;
    let ready = case(figures, "async-ready", ALL)?;
    Ok(vec![
        Goal { what: "three failures, sync: instructions", limit: 300.0, is: three(OURS)? },
        Goal { what: "… with breaker", limit: 400.0, is: three(ALL)? },
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

fn of_functions(figures: &Figures) -> Result<Vec<Goal>, String> {
    let sync = function(figures, OURS, false)?;
    let future = function(figures, OURS, true)?;
    let building = |is_async| {
        let ours = function(figures, OURS, is_async)?.build;
        Ok::<f64, String>(ours / function(figures, HAND, is_async)?.build)
    };
    Ok(vec![
        Goal {
            what: "one more function, sync: bytes of code",
            limit: 0.35 * 1024.0,
            is: sync.text,
        },
        Goal {
            what: "… times the build of the hand-written loop",
            limit: 1.2,
            is: building(false)?,
        },
        Goal {
            what: "one more function, `async`: bytes of code",
            limit: 1.2 * 1024.0,
            is: future.text,
        },
        Goal {
            what: "… times the build of the hand-written loop",
            limit: 1.2,
            is: building(true)?,
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

fn of_threads(figures: &Figures) -> Result<Vec<Goal>, String> {
    let waiting = |candidate: &str| {
        let found =
            figures.waiting.iter().find(|one| one.threads == "1" && one.candidate == candidate);
        found.ok_or_else(|| format!("`{candidate}` was not measured waiting"))
    };
    let (hand, ours) = (waiting(HAND)?, waiting(OURS)?);
    let two = |candidate: &str| {
        let shared = figures.shared.iter();
        let mut found = shared.filter(|one| one.work == "sync-first" && one.candidate == candidate);
        found
            .next()
            .map(|one| one.two)
            .ok_or_else(|| format!("`{candidate}` was not measured with two threads"))
    };
    Ok(vec![
        Goal {
            what: "a million waiting calls: bytes per call, as the hand-written loop",
            limit: hand.bytes,
            is: ours.bytes,
        },
        Goal {
            what: "… processor seconds to fill and drain, as the hand-written loop",
            limit: hand.processor,
            is: ours.processor,
        },
        Goal {
            what: "two threads, sync, all features on: times the call without a budget",
            limit: 1.25,
            is: two(ALL)? / two(BARE)?,
        },
    ])
}

fn case<'a>(figures: &'a Figures, work: &str, candidate: &str) -> Result<&'a Case, String> {
    figures.case(work, candidate).ok_or_else(|| format!("{work}, {candidate} was not measured"))
}

fn function<'a>(figures: &'a Figures, way: &str, is_async: bool) -> Result<&'a Function, String> {
    let mut found =
        figures.functions.iter().filter(|one| one.way == way && one.is_async == is_async);
    found.next().ok_or_else(|| format!("functions of `{way}` were not built"))
}
