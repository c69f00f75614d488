//! The tenth table: one function that calls 50 hosts, of which one is dead, or of which all stall.

use std::time::Duration;

use retry_runtime::budget::BudgetSettings;
use retry_runtime::{Kind, Policy};

use super::clients::{self, Load, Retries, Scope};
use super::dependency::{Answer, Dependency, Flaky, Overloaded, Request};
use super::outage::STORM;
use super::outcome::Count;
use super::rng::Rng;
use super::schemes::{OURS, Scheme, rows};

const HOSTS: usize = 50;
const DEAD: usize = 0;
/// A longer recovery counts as never.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// Attempts per call of the dead host.
    pub(crate) dead: f64,
    /// The share of calls to the other hosts that succeed; 10 % of their attempts fail.
    pub(crate) others: f64,
    /// Seconds until 99 % of calls succeed after all hosts stall.
    pub(crate) seconds: Option<u64>,
}

/// A scheme's name and its result.
pub(crate) type Row = (&'static str, Vec<Result>);

/// The compared budgets, ours last.
pub(crate) fn schemes() -> [Scheme; 3] {
    let scheme = |name, scope| {
        let policy = Policy::new().idempotent(true);
        let retries = Retries::new(policy, Some(BudgetSettings::new()));
        Scheme { name, retries: Retries { scope, ..retries } }
    };
    [
        scheme("one budget for all hosts", Scope::Client),
        scheme("one budget for each host", Scope::Host),
        scheme(OURS, Scope::ClientAndHost),
    ]
}

/// 700 calls per second for `time` with a dead host, and as in the first table with a stall.
pub(crate) fn table(schemes: &[Scheme], time: Duration) -> Vec<Row> {
    rows(schemes, |scheme| {
        let (dead, others) = dead(scheme, time);
        (scheme.name, vec![Result { dead, others, seconds: stall(scheme) }])
    })
}

fn load(clients: usize, time: Duration) -> Load {
    Load { clients, hosts: HOSTS, ..Load::new(STORM.calls_per_second, time) }
}

fn dead(scheme: Scheme, time: Duration) -> (f64, f64) {
    let (latency, rng) = (Duration::from_millis(10), Rng::seeded(2));
    let mut hosts = OneDead(Flaky { failures: 0.1, latency, rng });
    let outcome = clients::run(load(10, time), scheme.retries, &mut hosts, 1);
    let others = Count::sum(&outcome.hosts[DEAD + 1..]);
    (outcome.hosts[DEAD].amplification(), others.success())
}

/// All hosts are behind one gateway, which stalls.
fn stall(scheme: Scheme) -> Option<u64> {
    let begin = Duration::from_secs(10);
    let end = begin + STORM.stall;
    let until = end + PATIENCE;
    let mut gateway = Overloaded::new(STORM.served_per_second, STORM.timeout, begin..end);
    let load = load(100, until + Duration::from_secs(20));
    clients::run(load, scheme.retries, &mut gateway, 1).recovery(end, until)
}

/// One host refuses all attempts, the others some.
struct OneDead(Flaky);

impl Dependency for OneDead {
    fn attempt(&mut self, request: Request) -> Answer {
        match request.host {
            DEAD => Answer { at: request.at + self.0.latency, result: Err(Kind::Transient) },
            _ => self.0.attempt(request),
        }
    }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "10. {HOSTS} hosts: attempts per call of a dead one, and successful calls to the others, of which 10 %"
    );
    println!(
        "    of the attempts fail (10 clients); seconds to recover after all stall for 5 s (100 clients, at most 30 s)\n"
    );
    for (name, results) in rows {
        for Result { dead, others, seconds } in results {
            let seconds = seconds.map_or("never".to_owned(), |seconds| format!("{seconds} s"));
            println!("{name:28}{dead:>9.2}×{:>9.1} %{seconds:>9}", 100.0 * others);
        }
    }
    println!();
}
