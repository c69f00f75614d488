//! The same function, called by two threads at once: what they share shows.
//!
//! It shows only while both run. On a machine that has more to do than it has processors a thread is made to
//! wait, and the other one has everything for itself; the scheduler's own account of that waiting tells such
//! rounds, and they do not count.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, Work};
use crate::count::repeat;
use crate::time::{calls_in, quartiles};
use crate::work::Script;

/// How long a thread calls in a round, about: short beside a time slice of the scheduler.
const TURN: Duration = Duration::from_micros(300);

/// A round counts when both threads called together for this part of the longer time.
const TOGETHER: f64 = 0.8;

/// Tries at a round that counts, for each one that is wanted.
const TRIES: usize = 20;

/// Prints the nanoseconds of a call when one thread calls, and when two do; then the rounds that counted.
pub fn run(cases: &[Case], rounds: usize) {
    let works = [Work::SyncFirst, Work::AsyncReady, Work::Budget];
    let cases: Vec<&Case> = cases.iter().filter(|case| works.contains(&case.work)).collect();
    let scripts = [Script::leaked(), Script::leaked()];
    let calls: Vec<u32> = cases.iter().map(|case| calls_in(case, scripts[0], TURN)).collect();
    let mut alone = vec![Vec::new(); cases.len()];
    let mut both = vec![Vec::new(); cases.len()];
    for _ in 0..rounds * TRIES {
        for (turn, case) in cases.iter().enumerate() {
            if both[turn].len() == rounds {
                continue;
            }
            case.switched(|| {
                // In a thread of its own too: the two differ in nothing else.
                let one = together(case, &scripts[..1], calls[turn]);
                let two = together(case, &scripts, calls[turn]);
                if let (Some(one), Some(two)) = (one, two) {
                    alone[turn].push(one);
                    both[turn].push(two);
                }
            });
        }
    }
    for (turn, case) in cases.iter().enumerate() {
        let counted = both[turn].len();
        assert!(counted > 0, "too busy a machine: two threads never ran at the same time");
        let [_, one, _] = quartiles(alone[turn].clone());
        let [low, two, high] = quartiles(both[turn].clone());
        let (work, name) = (case.work, case.candidate);
        println!("shared\t{work}\t{name}\t{one:.2}\t{two:.2}\t{low:.2}\t{high:.2}\t{counted}");
    }
}

/// The nanoseconds of a call for the slower thread, when all of them ran all the time.
fn together(case: &Case, scripts: &[&'static Script], calls: u32) -> Option<f64> {
    let arrived = AtomicUsize::new(0);
    let turns: Vec<Turn> = thread::scope(|scope| {
        let threads: Vec<_> = scripts
            .iter()
            .map(|&script| {
                let arrived = &arrived;
                scope.spawn(move || {
                    repeat(case, script, 10);
                    arrived.fetch_add(1, SeqCst);
                    // No sleeping lock: to be woken up takes longer than a turn.
                    while arrived.load(SeqCst) < scripts.len() {
                        std::hint::spin_loop();
                    }
                    Turn::taken(case, script, calls)
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no case panics")).collect()
    });
    let longest = turns.iter().map(Turn::length).max()?;
    let began = turns.iter().map(|turn| turn.began).max()?;
    let ended = turns.iter().map(|turn| turn.ended).min()?;
    let overlap = ended.saturating_duration_since(began);
    let held_up = turns.iter().map(|turn| turn.held_up).max()?;
    let ran = held_up.as_secs_f64() < (1.0 - TOGETHER) * longest.as_secs_f64()
        && overlap.as_secs_f64() > TOGETHER * longest.as_secs_f64();
    ran.then(|| longest.as_nanos() as f64 / f64::from(calls))
}

/// One thread's part of a round.
struct Turn {
    began: Instant,
    ended: Instant,
    /// Time in which it could have run, and another one did.
    held_up: Duration,
}

impl Turn {
    fn taken(case: &Case, script: &'static Script, calls: u32) -> Self {
        let before = held_up();
        let began = Instant::now();
        repeat(case, script, calls);
        let ended = Instant::now();
        Turn { began, ended, held_up: held_up().saturating_sub(before) }
    }

    fn length(&self) -> Duration {
        self.ended - self.began
    }
}

/// How long this thread has waited for a processor: Linux's second figure, in nanoseconds.
fn held_up() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let figure = text.split_whitespace().nth(1).and_then(|figure| figure.parse().ok());
    Duration::from_nanos(figure.unwrap_or_default())
}
