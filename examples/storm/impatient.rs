//! The seventh table: breakers, and callers who do not wait for an answer.

use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Permit};

use super::admissions::{self, Call, End, Rule, ours, refused};
use super::rng::Rng;
use super::schemes::OURS;

/// The hang of the first column, and of the third.
const HANG: Duration = Duration::from_secs(300);
const LONG_HANG: Duration = Duration::from_secs(1800);
const HEALTHY_BEFORE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// The share of the callers who wait their second in vain while the dependency hangs.
    pub(crate) waited: f64,
    /// The most calls that it then lets through at a time to see whether the dependency is back.
    pub(crate) probes: usize,
    /// The share of the calls to a healthy but slow service that are refused.
    pub(crate) refused: f64,
    /// Seconds from the end of a hang to the first success of somebody who calls twice a minute.
    pub(crate) back: f64,
}

/// A rule's name and its result.
pub(crate) type Row = (&'static str, Vec<Result>);

/// The rules for a call that its caller drops, ours last.
const RULES: [(&str, Rule); 3] =
    [("resilience4j: says nothing", nothing), ("gobreaker: a failure", a_failure), (OURS, ours)];

/// `CircuitBreakerSubscriber::hookOnCancel` releases the permission.
fn nothing(permit: Permit<&Breaker>, end: End) {
    match end {
        End::Left => permit.ignored(),
        End::Answer(_) => ours(permit, end),
    }
}

/// `Settings::IsSuccessful`: every error is a failure, that of a cancelled context too.
fn a_failure(permit: Permit<&Breaker>, end: End) {
    match end {
        End::Left => permit.failure(),
        End::Answer(_) => ours(permit, end),
    }
}

pub(crate) fn table() -> Vec<Row> {
    let result = |rule| {
        let calls = hang(rule);
        let (waited, probes) = (1.0 - refused(&calls), probes(&calls));
        Result { waited, probes, refused: slow(rule), back: back(rule) }
    };
    RULES.iter().map(|(name, rule)| (*name, vec![result(*rule)])).collect()
}

/// The dependency answers after 50 ms, but not at all until the end of the hang; callers leave after 1 s.
fn hanging(from: Duration, until: Duration) -> impl Fn(Duration, &mut Rng) -> (Duration, End) {
    move |now, _| match now < from || now >= until {
        true => (Duration::from_millis(50), End::Answer(Ok(()))),
        false => (Duration::from_secs(1), End::Left),
    }
}

/// The calls during the hang.
fn hang(rule: Rule) -> Vec<Call> {
    let until = HEALTHY_BEFORE + HANG;
    let fate = hanging(HEALTHY_BEFORE, until);
    let calls = admissions::run(BreakerSettings::new(), rule, (10.0, until), fate);
    calls.into_iter().filter(|call| call.at >= HEALTHY_BEFORE).collect()
}

/// The most admitted calls between two pauses of an open breaker, after the first refusal.
fn probes(calls: &[Call]) -> usize {
    let first = calls.iter().position(|call| call.end.is_none()).unwrap_or(0);
    let admitted: Vec<_> = calls[first..].iter().filter(|call| call.end.is_some()).collect();
    // An open breaker refuses for 4 s at least: for 5 s less the jitter.
    let is_together = |a: &&Call, b: &&Call| b.at - a.at < Duration::from_secs(4);
    admitted.chunk_by(is_together).map(<[_]>::len).max().unwrap_or(0)
}

/// The service answers after 10 s; 19 of 20 callers leave after 2 s.
fn slow(rule: Rule) -> f64 {
    let fate = |_, rng: &mut Rng| match rng.happens(0.95) {
        true => (Duration::from_secs(2), End::Left),
        false => (Duration::from_secs(10), End::Answer(Ok(()))),
    };
    let time = Duration::from_secs(600);
    refused(&admissions::run(BreakerSettings::new(), rule, (10.0, time), fate))
}

fn back(rule: Rule) -> f64 {
    let fate = hanging(HEALTHY_BEFORE, LONG_HANG);
    let load = (1.0 / 30.0, 2 * LONG_HANG);
    let calls = admissions::run(BreakerSettings::new(), rule, load, fate);
    let success = |call: &&Call| call.at >= LONG_HANG && call.end == Some(End::Answer(Ok(())));
    let first = calls.iter().find(success);
    first.map_or(f64::INFINITY, |call| (call.at - LONG_HANG).as_secs_f64())
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "7. Breakers and callers who leave: the dependency hangs for 5 min, callers leave after 1 s;"
    );
    println!(
        "   a healthy service answers after 10 s, 95 % of the callers leave after 2 s (10 calls/s);"
    );
    println!("   a caller of two calls a minute after a hang of half an hour\n");
    for (name, results) in rows {
        for Result { waited, probes, refused, back } in results {
            print!("{name:28}{:>7.1} % wait in vain, up to {probes:>4} at a time", 100.0 * waited);
            print!("{:>9.1} % of the slow service refused", 100.0 * refused);
            println!("{back:>9.0} s to come back");
        }
    }
    println!();
}
