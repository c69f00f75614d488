//! The figures of a report.

use super::callgrind::{self, Count, HARNESS};
use super::harness::{Harness, Row};
use super::user_crate::{self, Clean, Function, Lean};

/// The rounds of the time measurement, which takes about a minute.
const ROUNDS: &str = "1500";

/// The rounds in which two threads ran at the same time; a busy machine may reach fewer.
const ROUNDS_SHARED: &str = "101";

/// The cost of a candidate for a kind of work.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    pub(crate) work: String,
    pub(crate) candidate: String,
    pub(crate) instructions: f64,
    pub(crate) locked: f64,
    /// The instructions of the part that is counted by itself; 0 without one.
    pub(crate) part: f64,
    pub(crate) time: Time,
    pub(crate) allocations: f64,
    pub(crate) bytes: f64,
    /// The size of the future; 0 without a future.
    pub(crate) size: f64,
}

/// Medians; the ratio to the hand-written loop with its quartiles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) nanos: f64,
    pub(crate) ratio: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The nanoseconds of a call with one thread and with two threads.
pub(crate) struct Shared {
    pub(crate) work: String,
    pub(crate) candidate: String,
    pub(crate) one: f64,
    pub(crate) two: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The rounds in which both threads ran all the time.
    pub(crate) rounds: f64,
}

/// The figures of a million waiting calls.
pub(crate) struct Waiting {
    pub(crate) threads: String,
    pub(crate) candidate: String,
    pub(crate) bytes: f64,
    /// The bytes that the process has grown by, for each call.
    pub(crate) resident: f64,
    pub(crate) filled: f64,
    pub(crate) drained: f64,
    pub(crate) processor: f64,
}

/// All figures of a report.
pub(crate) struct Figures {
    pub(crate) candidates: Vec<Row>,
    pub(crate) cases: Vec<Case>,
    pub(crate) shared: Vec<Shared>,
    pub(crate) waiting: Vec<Waiting>,
    pub(crate) functions: Vec<Function>,
    pub(crate) clean: Vec<Clean>,
    pub(crate) lean: Vec<Lean>,
}

impl Figures {
    pub(crate) fn measured() -> Result<Self, String> {
        let harness = Harness::with_peers()?;
        Ok(Figures {
            candidates: harness.measure(&["candidates"])?,
            cases: cases(&harness)?,
            shared: shared(&harness)?,
            waiting: waiting(&harness)?,
            functions: user_crate::functions()?,
            clean: user_crate::clean()?,
            lean: user_crate::lean()?,
        })
    }

    pub(crate) fn case(&self, work: &str, candidate: &str) -> Option<&Case> {
        self.cases.iter().find(|case| case.work == work && case.candidate == candidate)
    }
}

fn cases(harness: &Harness) -> Result<Vec<Case>, String> {
    let counts = callgrind::count(harness)?;
    let times = harness.measure(&["time", ROUNDS])?;
    let allocations = harness.measure(&["allocations"])?;
    let mut cases = Vec::new();
    for count in counts {
        let [nanos, ratio, low, high] = figures_of(&times, &count.work, &count.candidate)?;
        let [allocations, bytes, size] = figures_of(&allocations, &count.work, &count.candidate)?;
        let time = Time { nanos, ratio, low, high };
        let Count { work, candidate, instructions, locked, part } = count;
        cases.push(Case {
            work,
            candidate,
            instructions,
            locked,
            part,
            time,
            allocations,
            bytes,
            size,
        });
    }
    Ok(cases)
}

fn shared(harness: &Harness) -> Result<Vec<Shared>, String> {
    let mut all = Vec::new();
    for row in harness.measure(&["shared", ROUNDS_SHARED])? {
        let (work, candidate) = (row[1].clone(), row[2].clone());
        if candidate != HARNESS {
            let [one, two, low, high, rounds] = numbers(&row)?;
            all.push(Shared { work, candidate, one, two, low, high, rounds });
        }
    }
    Ok(all)
}

fn waiting(harness: &Harness) -> Result<Vec<Waiting>, String> {
    let mut all = Vec::new();
    for waiter in harness.measure(&["waiters"])? {
        for row in harness.measure(&["waiting", &waiter[1], &waiter[2]])? {
            let [bytes, resident, filled, drained, processor] = numbers(&row)?;
            let (threads, candidate) = (row[1].clone(), row[2].clone());
            all.push(Waiting { threads, candidate, bytes, resident, filled, drained, processor });
        }
    }
    all.sort_by(|one, other| one.threads.cmp(&other.threads));
    Ok(all)
}

/// The numbers in the row of a kind of work and a candidate.
fn figures_of<const N: usize>(
    rows: &[Row],
    work: &str,
    candidate: &str,
) -> Result<[f64; N], String> {
    let row = rows.iter().find(|row| row[1] == work && row[2] == candidate);
    numbers(row.ok_or_else(|| format!("nothing was measured for {work}, {candidate}"))?)
}

/// The numbers after the three words of a row.
fn numbers<const N: usize>(row: &Row) -> Result<[f64; N], String> {
    let numbers: Vec<f64> = row[3..].iter().filter_map(|word| word.parse().ok()).collect();
    numbers.try_into().map_err(|_| format!("the harness printed {row:?}"))
}
