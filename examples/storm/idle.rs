//! The fourth table: bursts after silence, of a service and of a tool.

use std::time::Duration;

use retry_runtime::{Kind, Policy};

use super::clients::{self, Load};
use super::dependency::{Answer, Dependency, Flaky, Request};
use super::rng::Rng;
use super::schemes::{Scheme, budgets};

const SILENCE: Duration = Duration::from_secs(600);
const SEEDS: u64 = 40;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// Calls refused by the budget, of about 200 in 2 s of which a fifth of the attempts fail.
    pub(crate) refused: f64,
    /// The share of pairs of calls, with `max = 20`, of which both outlast an outage of 15 s.
    pub(crate) pairs: f64,
}

/// A scheme's name and its result.
pub(crate) type Row = (&'static str, Vec<Result>);

pub(crate) fn table() -> Vec<Row> {
    let (service, tool) = (Policy::new().idempotent(true), Policy::new().idempotent(true).max(20));
    let rows = budgets(service).into_iter().zip(budgets(tool));
    rows.map(|(service, tool)| {
        (service.name, vec![Result { refused: refused(service), pairs: pairs(tool) }])
    })
    .collect()
}

/// The mean of the calls that the budget ends.
fn refused(scheme: Scheme) -> f64 {
    let time = SILENCE + Duration::from_secs(2);
    let load = Load { from: SILENCE, ..Load::new(100.0, time) };
    let refused = (1..=SEEDS).map(|seed| {
        let (latency, rng) = (Duration::from_millis(10), Rng::seeded(100 + seed));
        let mut dependency = Flaky { failures: 0.2, latency, rng };
        f64::from(clients::run(load, scheme.retries, &mut dependency, seed).refused)
    });
    refused.sum::<f64>() / SEEDS as f64
}

/// The share of pairs of which both calls succeed.
fn pairs(scheme: Scheme) -> f64 {
    let outlast = |seed: &u64| {
        let mut dependency = Away { until: SILENCE + Duration::from_secs(15) };
        let outcome = clients::at_once(2, SILENCE, scheme.retries, &mut dependency, *seed);
        outcome.total().success() == 1.0
    };
    (1..=SEEDS).filter(outlast).count() as f64 / SEEDS as f64
}

/// Refuses every attempt until it is back.
struct Away {
    until: Duration,
}

impl Dependency for Away {
    fn attempt(&mut self, Request { at: now, .. }: Request) -> Answer {
        let result = if now < self.until { Err(Kind::Transient) } else { Ok(()) };
        Answer { at: now + Duration::from_millis(10), result }
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!("4. After ten idle minutes: refused of 200 calls in 2 s at 20 % random failures;");
    println!("   pairs of calls with max = 20 of which both outlast 15 s without the dependency\n");
    for (name, results) in rows {
        for Result { refused, pairs } in results {
            println!("{name:28}{refused:>9.1} refused{:>9.0} % of pairs", 100.0 * pairs);
        }
    }
    println!();
}
