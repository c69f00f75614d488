//! Measures times in many short rounds, in each of which every candidate has a turn.
//!
//! Other work on the machine slows down a whole round, so the ratio of two candidates in one round is reliable where
//! their times are not. The printed figures are medians over the rounds.

use std::time::{Duration, Instant};

use crate::case::{Case, Work};
use crate::count::repeat;
use crate::hand::HAND;
use crate::work::Script;

/// The approximate time of a candidate's turn; short compared with a time slice of the scheduler.
const TURN: Duration = Duration::from_micros(20);

/// The minimum number of calls in a turn, however long they take.
const LEAST_CALLS: u32 = 10;

/// Prints, for each case, the nanoseconds of a call and the ratio to the hand-written loop in the same round.
pub fn run(cases: &[Case], rounds: usize) {
    for work in Work::ALL {
        let cases: Vec<Case> = cases.iter().copied().filter(|case| case.work == work).collect();
        let mut hand = cases.iter().position(|case| case.candidate == HAND);
        if hand.is_none() {
            hand = (!cases.is_empty()).then_some(0);
        }
        let Some(hand) = hand else { continue };
        let times = turns(&cases, rounds);
        for (case, its) in cases.iter().zip(&times) {
            let ratios = its.iter().zip(&times[hand]).map(|(one, other)| one / other).collect();
            let [low, ratio, high] = quartiles(ratios);
            let [_, nanos, _] = quartiles(its.clone());
            println!(
                "time\t{work}\t{}\t{nanos:.2}\t{ratio:.3}\t{low:.3}\t{high:.3}",
                case.candidate
            );
        }
    }
}

/// For each case, the nanoseconds of a call in each round.
fn turns(cases: &[Case], rounds: usize) -> Vec<Vec<f64>> {
    let script = Script::leaked();
    let calls: Vec<u32> = cases.iter().map(|case| calls_in(case, script, TURN)).collect();
    let mut times = vec![Vec::with_capacity(rounds); cases.len()];
    for round in 0..rounds {
        for turn in 0..cases.len() {
            // Varies the order, so that no candidate always follows the same other one.
            let turn = (turn * stride(cases.len(), round) + round) % cases.len();
            let nanos = cases[turn].switched(|| {
                // Warms the caches, so that no candidate pays for what the previous one left there.
                repeat(&cases[turn], script, LEAST_CALLS);
                timed(&cases[turn], script, calls[turn])
            });
            times[turn].push(nanos);
        }
    }
    times
}

/// A step that visits each of `count` places once; it differs from round to round.
fn stride(count: usize, round: usize) -> usize {
    let coprime = |step: &usize| {
        let (mut a, mut b) = (*step, count);
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a == 1
    };
    let steps: Vec<usize> = (1..=count).filter(coprime).collect();
    steps[round % steps.len()]
}

/// The mean nanoseconds of a call, over `calls` calls.
pub(crate) fn timed(case: &Case, script: &'static Script, calls: u32) -> f64 {
    let started = Instant::now();
    repeat(case, script, calls);
    started.elapsed().as_nanos() as f64 / f64::from(calls)
}

/// The number of calls that take about `time`, after warm-up.
pub(crate) fn calls_in(case: &Case, script: &'static Script, time: Duration) -> u32 {
    case.switched(|| calls_in_switched(case, script, time))
}

fn calls_in_switched(case: &Case, script: &'static Script, time: Duration) -> u32 {
    repeat(case, script, LEAST_CALLS);
    let nanos = (0..5).map(|_| timed(case, script, LEAST_CALLS)).fold(f64::INFINITY, f64::min);
    let calls = time.as_nanos() as f64 / nanos.max(1.0);
    (calls as u32).max(LEAST_CALLS)
}

/// The first quartile, the median and the third quartile.
pub(crate) fn quartiles(mut figures: Vec<f64>) -> [f64; 3] {
    figures.sort_by(f64::total_cmp);
    [1, 2, 3].map(|quarter| figures[(figures.len() - 1) * quarter / 4])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_has_one_turn_in_every_round() {
        for count in 1..20 {
            for round in 0..30 {
                let step = stride(count, round);
                let mut turns: Vec<usize> =
                    (0..count).map(|turn| (turn * step + round) % count).collect();
                turns.sort_unstable();
                assert_eq!(turns, (0..count).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(quartiles(vec![9.0, 1.0, 5.0, 3.0, 7.0]), [3.0, 5.0, 7.0]);
        assert_eq!(quartiles(vec![4.0]), [4.0, 4.0, 4.0]);
    }
}
