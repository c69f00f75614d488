//! Nothing that a program plugs into the engine can hurt a call, whether it panics, blocks or calls the engine back.
//!
//! The table: every [`Point`] at which a program's own code runs × every [`Manner`] × every [entry](entries::ENTRIES)
//! into the engine. A cell is compared with the same entry without a part: the caller must see the same, and the
//! functions must count the same. A panic of code that belongs to the call (`when`, `Classify` …) is the caller's,
//! once. After each cell nothing is left behind.
//!
//! These tests have a binary of their own: a timer, a subscriber and a recorder are the whole process's.

mod act;
mod entries;
mod functions;
mod plugged;
mod reach;
mod warned;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use act::{Gate, Manner, Part, Point, playing};
use entries::{ENTRIES, Entry, of_others};
use functions::{SITES, questions};
use retry_runtime::{control::intercept, live, stats};

/// A thread that needs longer is in a deadlock.
const WATCHDOG: Duration = Duration::from_secs(20);

/// The caller's view of an entry, and the counts of the functions.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    said: String,
    counted: Vec<String>,
    left: String,
}

/// The tests of this binary change the same functions' counts.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn alone() -> MutexGuard<'static, ()> {
    plugged::plug_in();
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start_anew() {
    retry_runtime::breakers().iter().for_each(|breaker| breaker.reset());
    forget_calls();
}

fn forget_calls() {
    retry_runtime::budgets().values().for_each(|budget| budget.reset());
    for name in SITES {
        retry_runtime::clear(name);
    }
}

/// Runs an entry on a thread that plays this part; fails if it does not end.
fn run(
    entry: Entry,
    point: Option<(Point, Manner)>,
    intercepted: bool,
) -> Result<(Seen, Arc<Gate>), String> {
    start_anew();
    let gate = Arc::new(Gate::default());
    let part = Part { point, gate: Arc::clone(&gate) };
    let (sender, receiver) = mpsc::channel();
    let worker = move || {
        let reader = plugged::waiting_reader();
        let work = || catch_unwind(AssertUnwindSafe(entry.1));
        let interceptor = || Arc::new(plugged::PlaysInterceptor);
        let said = playing(part.clone(), || {
            if intercepted { intercept::within(interceptor(), work) } else { work() }
        });
        drop(reader);
        // The harness may have given up.
        let _ = sender.send(said.unwrap_or_else(|_| "it panicked".to_owned()));
        part.gate.end();
    };
    thread::spawn(worker);
    let mut counted = Vec::new();
    if matches!(point, Some((_, Manner::Blocks))) && gate.is_reached() {
        // A call that has ended by now is counted, and others count into the same functions.
        counted = counts();
        let (asked, answered) = mpsc::channel();
        thread::spawn(move || {
            questions();
            // Other callers of the same functions go on.
            of_others().for_each(|(_, work)| drop(work()));
            let _ = asked.send(());
        });
        let others = answered.recv_timeout(WATCHDOG);
        forget_calls();
        gate.open();
        others.map_err(|_| "other callers wait for the blocked one".to_owned())?;
    }
    let said = match receiver.recv_timeout(WATCHDOG) {
        Ok(said) => said,
        Err(RecvTimeoutError::Timeout) => return Err("it does not end".to_owned()),
        Err(RecvTimeoutError::Disconnected) => return Err("its thread died".to_owned()),
    };
    counted.extend(counts());
    let in_flight: u32 = retry_runtime::breakers().iter().map(|it| it.figures().in_flight).sum();
    let left = format!("{} live, {in_flight} in flight", live::count());
    Ok((Seen { said, counted, left }, gate))
}

/// The counts of the functions that were called.
fn counts() -> Vec<String> {
    let stats = SITES.map(|name| (name, stats(name).expect("it is listed")));
    let called = stats.iter().filter(|(_, stats)| stats.calls() > 0);
    called.map(|(name, stats)| format!("{name}: {stats:?}").replace(" 0,", "_")).collect()
}

/// The entry as it is when nothing plays a part.
fn undisturbed(entry: Entry, intercepted: bool) -> (Seen, Arc<Gate>) {
    run(entry, None, intercepted).unwrap_or_else(|error| panic!("{}: {error}", entry.0))
}

/// The fault of a cell.
fn fault(entry: Entry, point: Point, manner: Manner, usual: &Seen) -> Result<(), String> {
    let (seen, _) = run(entry, Some((point, manner)), point == Point::Interceptor)?;
    if manner == Manner::Panics && point.is_part_of_the_call() {
        // An order is given to a call that is gone by then.
        let calls = |seen: &Seen| seen.counted.len();
        let ended = ["it panicked", &*usual.said].contains(&&*seen.said);
        let once = seen.counted.iter().all(|it| {
            it.contains("cancelled: 1") || it.contains("recovered: 1") || usual.counted.contains(it)
        });
        let right = ended && once && calls(&seen) == calls(usual) && seen.left == usual.left;
        return if right {
            Ok(())
        } else {
            Err(format!("{seen:#?} instead of a panic and one call"))
        };
    }
    if seen == *usual { Ok(()) } else { Err(format!("{seen:#?} instead of {usual:#?}")) }
}

#[test]
fn whatever_is_plugged_in_may_panic_block_or_call_back_and_the_call_stays_the_same() {
    let _alone = alone();
    let mut faults = Vec::new();
    let mut reached = Vec::new();
    for &entry in ENTRIES {
        let (usual, gate) = undisturbed(entry, false);
        let (intercepted, other) = undisturbed(entry, true);
        entries::check_undisturbed(entry.0, &usual.said);
        let points = &gate.lock().reached | &other.lock().reached;
        for &point in &points {
            reached.push((point, entry.0));
            let usual = if point == Point::Interceptor { &intercepted } else { &usual };
            for manner in Manner::ALL {
                // Seen only if the process aborts.
                eprintln!("{point:?} {manner:?}: {}", entry.0);
                if let Err(fault) = fault(entry, point, manner, usual) {
                    faults.push(format!("{point:?} {manner:?}: {}: {fault}", entry.0));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} cells are wrong:\n{}", faults.len(), faults.join("\n\n"));
    reach::check(&reached);
}
