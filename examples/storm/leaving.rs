//! The sixth table: budgets, and callers who have a timeout of their own around the call.

use std::time::Duration;

use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Kind, Policy};

use super::clients::{self, Load, Retries};
use super::dependency::{Answer, Dependency, Request};
use super::schemes::OURS;

/// A retry that its caller drops is treated as one that was never made.
pub(crate) const FORGIVING: &str = "a drop gives back";

/// The number of calls of the client.
pub(crate) const CALLS: usize = 200;

/// The requests that the calls made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Requests(pub(crate) u32);

/// A rule's name and its result.
pub(crate) type Row = (&'static str, Vec<Requests>);

pub(crate) fn table() -> Vec<Row> {
    let policy = Policy::new().idempotent(true).base(Duration::from_millis(100));
    let ours = Retries::new(policy, Some(BudgetSettings::new()));
    let forgiving = Retries { forgives_drops: true, ..ours };
    let rules = [(FORGIVING, forgiving), (OURS, ours)];
    rules.map(|(name, retries)| (name, vec![Requests(requests(retries))])).into()
}

/// 2 calls per second, whose callers leave after 1 s.
fn requests(retries: Retries) -> u32 {
    let load = Load::new(2.0, Duration::from_secs(200));
    let load = Load { calls: CALLS, leaves_after: Duration::from_secs(1), ..load };
    clients::run(load, retries, &mut FailsThenHangs, 1).total().attempts
}

/// Refuses the first attempt of a call, and does not answer the second one.
struct FailsThenHangs;

impl Dependency for FailsThenHangs {
    fn attempt(&mut self, Request { at, retries, .. }: Request) -> Answer {
        let at = if retries == 0 { at + Duration::from_millis(10) } else { Duration::MAX };
        Answer { at, result: Err(Kind::Transient) }
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "6. Callers who leave after 1 s: requests of {CALLS} calls whose first attempt fails and whose retry hangs\n"
    );
    for (name, results) in rows {
        results.iter().for_each(|Requests(requests)| println!("{name:28}{requests:>9} requests"));
    }
    println!();
}
