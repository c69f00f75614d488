//! The ninth table: 2 000 clients that a server asks to come back in 30 s.

use std::time::Duration;

use retry_runtime::{Class, Classify, Kind, retryable};

use super::dependency::{Dependency, Overloaded, Request};
use super::rng::Rng;
use super::schemes::OURS;

const CLIENTS: usize = 2_000;
const HINT: Duration = Duration::from_secs(30);
/// The calls per second of others.
const OTHERS: f64 = 500.0;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// The share of the clients whose request times out when they come back.
    pub(crate) failed: f64,
    /// Requests of others that time out meanwhile.
    pub(crate) others: u32,
}

/// A rule's name and its result.
pub(crate) type Row = (&'static str, Vec<Result>);

pub(crate) fn table() -> Vec<Row> {
    let rules = [("exactly the hint", vec![HINT; CLIENTS]), (OURS, delays())];
    rules.map(|(name, delays)| (name, vec![come_back(&delays)])).into()
}

#[derive(Debug)]
struct Busy;

impl Classify for Busy {
    fn classify(&self) -> Class {
        Class { retry_after: Some(HINT), ..Kind::Throttled.into() }
    }
}

#[retryable(max = 1, budget = none, name = "storm::busy")]
fn busy() -> std::result::Result<(), Busy> {
    Err(Busy)
}

/// The pauses that calls of a real function make after the hint.
fn delays() -> Vec<Duration> {
    let scope = retry_testing::scope();
    scope.seed(1);
    (0..CLIENTS).for_each(|_| drop(busy()));
    scope.delays("storm::busy")
}

/// All clients have the hint at the same moment, and come back to a server for 1 000 requests per second.
fn come_back(delays: &[Duration]) -> Result {
    let timeout = Duration::from_secs(1);
    let mut server = Overloaded::new(1_000, timeout, Duration::ZERO..Duration::ZERO);
    let mut rng = Rng::seeded(3);
    let mut arrivals: Vec<_> = delays.iter().map(|delay| (*delay, true)).collect();
    let mut now = rng.gap(OTHERS);
    while now < 2 * HINT {
        arrivals.push((now, false));
        now += rng.gap(OTHERS);
    }
    arrivals.sort();
    let (mut failed, mut others) = (0, 0);
    for (at, is_hinted) in arrivals {
        if server.attempt(Request { at, host: 0, retries: 0 }).result.is_err() {
            *(if is_hinted { &mut failed } else { &mut others }) += 1;
        }
    }
    Result { failed: f64::from(failed) / delays.len() as f64, others }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "9. {CLIENTS} clients with `Retry-After: 30` (a server for 1000/s, 500 calls/s of others, 1 s timeout)\n"
    );
    for (name, results) in rows {
        for Result { failed, others } in results {
            println!("{name:28}{:>9.1} % time out{others:>9} of others", 100.0 * failed);
        }
    }
    println!();
}
