//! The fifth table: the calls that a breaker loses while a dependency fails at random, and the load that it keeps off
//! a dead dependency.

use std::collections::VecDeque;
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Permit, Window};
use retry_testing::storm::parts::clock;

use super::rng::Rng;

/// The shares of calls that fail; the last one is a dead dependency.
pub(crate) const FAILURES: [f64; 8] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 1.0];

pub(crate) const POLLY: &str = "Polly: 10 % of 100 in 30 s";
pub(crate) const OURS: &str = "our default";

const LATENCY: Duration = Duration::from_millis(20);

/// A breaker's name and the calls that passed it, in the order of [`FAILURES`].
pub(crate) type Row = (&'static str, Vec<Passed>);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// The share of calls that succeeded.
    pub(crate) success: f64,
    /// The share of calls that reached the dependency.
    pub(crate) reached: f64,
}

/// The compared settings, ours last.
pub(crate) fn settings() -> Vec<(&'static str, BreakerSettings)> {
    let new = BreakerSettings::new;
    let seconds = Duration::from_secs;
    // The peers' open times are constant.
    let constant = |open| new().open_max(open).open(open).jitter(0.0);
    vec![
        (
            // `CircuitBreakerStrategyOptions`: one probe decides.
            POLLY,
            constant(seconds(5))
                .window(Window::Time(seconds(30)))
                .min_calls(100)
                .rate(0.1)
                .probes(1)
                .probe_rate(1.0),
        ),
        (
            // `CircuitBreakerConfig`: 50 % of 100 calls, 60 s, 10 probes.
            "resilience4j: 50 % of 100",
            constant(seconds(60)).window(Window::Count(100)).min_calls(100).probes(10),
        ),
        (
            // `Settings`: more than 5 in a row, 60 s, one probe.
            "gobreaker: 6 in a row",
            constant(seconds(60))
                .rate(1.0)
                .min_calls(100_000)
                .window(Window::Time(seconds(60)))
                .consecutive(6)
                .probes(1),
        ),
        (OURS, new()),
    ]
}

pub(crate) fn table(per_second: f64, time: Duration) -> Vec<Row> {
    let row = |(name, settings)| {
        (name, FAILURES.map(|failures| pass(settings, failures, per_second, time)).into())
    };
    settings().into_iter().map(row).collect()
}

/// Makes calls through one breaker, without retries.
fn pass(settings: BreakerSettings, failures: f64, per_second: f64, time: Duration) -> Passed {
    let breaker = Breaker::new("storm", settings).with_clock(clock::now).with_seed(7);
    let mut rng = Rng::seeded(11);
    let mut under_way: VecDeque<(Duration, Permit<&Breaker>)> = VecDeque::new();
    let (mut now, mut calls, mut reached, mut successes) = (Duration::ZERO, 0u32, 0u32, 0u32);
    while now < time {
        while under_way.front().is_some_and(|(end, _)| *end <= now) {
            let Some((end, permit)) = under_way.pop_front() else { break };
            clock::set(end);
            if rng.happens(failures) {
                permit.failure();
            } else {
                permit.success();
                successes += 1;
            }
        }
        calls += 1;
        clock::set(now);
        if let Ok(permit) = breaker.permit() {
            reached += 1;
            under_way.push_back((now + LATENCY, permit));
        }
        now += rng.gap(per_second);
    }
    let part = |count: u32| f64::from(count) / f64::from(calls);
    Passed { success: part(successes), reached: part(reached) }
}

pub(crate) fn print(rows: &[Row]) {
    println!("5. Breakers: successful calls during random failures (100 calls/s, no retries)\n");
    print!("{:28}", "failing calls");
    let alive = FAILURES.len() - 1;
    FAILURES[..alive].iter().for_each(|failures| print!("{:>7.0} %", 100.0 * failures));
    println!("{:>22}", "100 %: still called");
    print!("{:28}", "ideal");
    FAILURES[..alive].iter().for_each(|failures| print!("{:>7.1} %", 100.0 * (1.0 - failures)));
    println!("{:>20}", "0 %");
    for (name, passed) in rows {
        print!("{name:28}");
        passed[..alive].iter().for_each(|passed| print!("{:>7.1} %", 100.0 * passed.success));
        println!("{:>20.2} %", 100.0 * passed[alive].reached);
    }
    println!();
}
