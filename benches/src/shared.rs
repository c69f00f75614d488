//! The same function, called by two threads at once: what they share shows.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use crate::case::{Case, Work};
use crate::time::{calls_in, quartiles, timed};
use crate::work::Script;

/// How long a thread calls in a round, about: long beside the start of a thread, short beside a time slice.
const TURN: Duration = Duration::from_micros(500);

/// Prints the nanoseconds of a call when one thread calls, and when two do.
pub fn run(cases: &[Case], rounds: usize) {
    let works = [Work::SyncFirst, Work::AsyncReady, Work::Budget];
    let cases: Vec<&Case> = cases.iter().filter(|case| works.contains(&case.work)).collect();
    let scripts = [Script::leaked(), Script::leaked()];
    let calls: Vec<u32> = cases.iter().map(|case| calls_in(case, scripts[0], TURN)).collect();
    let mut alone = vec![Vec::new(); cases.len()];
    let mut both = vec![Vec::new(); cases.len()];
    for _ in 0..rounds {
        for (turn, case) in cases.iter().enumerate() {
            // In a thread of its own too: the two differ in nothing else.
            case.switched(|| {
                alone[turn].push(together(case, &scripts[..1], calls[turn]));
                both[turn].push(together(case, &scripts, calls[turn]));
            });
        }
    }
    for (turn, case) in cases.iter().enumerate() {
        let [_, one, _] = quartiles(alone[turn].clone());
        let [low, two, high] = quartiles(both[turn].clone());
        let name = case.candidate;
        println!("shared\t{}\t{name}\t{one:.2}\t{two:.2}\t{low:.2}\t{high:.2}", case.work);
    }
}

/// The nanoseconds of a call for the slower thread.
fn together(case: &Case, scripts: &[&'static Script], calls: u32) -> f64 {
    let start = Barrier::new(scripts.len());
    thread::scope(|scope| {
        let threads: Vec<_> = scripts
            .iter()
            .map(|&script| {
                let start = &start;
                scope.spawn(move || {
                    timed(case, script, 10);
                    start.wait();
                    timed(case, script, calls)
                })
            })
            .collect();
        let times = threads.into_iter().map(|thread| thread.join().expect("no case panics"));
        times.fold(0.0, f64::max)
    })
}
