//! Two threads call the same function at the same time, to measure contention on shared state.
//!
//! Contention exists only while both threads run. On a busy machine the scheduler makes one thread wait while the other
//! runs alone. The scheduler's statistics of that waiting identify such rounds, and they do not count.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use crate::case::{Case, Work};
use crate::count::repeat;
use crate::time::{calls_in, quartiles};
use crate::work::Script;

/// The approximate time of a round; short compared with a time slice of the scheduler.
const TURN: Duration = Duration::from_micros(300);

/// A round counts if both threads ran together for this share of the longer time.
const TOGETHER: f64 = 0.8;

/// The maximum number of tries for each round that counts.
const TRIES: usize = 20;

/// Prints the nanoseconds of a call with one thread and with two, and the number of rounds that counted.
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
                // The single caller also runs in a new thread, so that nothing else differs.
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
        assert!(counted > 0, "the machine is too busy: two threads never ran at the same time");
        let [_, one, _] = quartiles(alone[turn].clone());
        let [low, two, high] = quartiles(both[turn].clone());
        let (work, name) = (case.work, case.candidate);
        println!("shared\t{work}\t{name}\t{one:.2}\t{two:.2}\t{low:.2}\t{high:.2}\t{counted}");
    }
}

/// The nanoseconds of a call for the slower thread; `None` unless the threads ran at the same time.
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
                    // Spins instead of sleeping: waking up takes longer than a round.
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

/// The part of one thread in a round.
struct Turn {
    began: Instant,
    ended: Instant,
    /// The time in which the thread was runnable but not running.
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

/// The time that this thread has waited for a processor, in nanoseconds: the second field of Linux's `schedstat`.
fn held_up() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let figure = text.split_whitespace().nth(1).and_then(|figure| figure.parse().ok());
    Duration::from_nanos(figure.unwrap_or_default())
}
