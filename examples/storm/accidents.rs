//! The second table: attempts fail at random, independently of the load.

use std::time::Duration;

use super::clients::{self, Load};
use super::dependency::Flaky;
use super::rng::Rng;
use super::schemes::{Scheme, rows};

/// The shares of attempts that fail.
pub(crate) const FAILURES: [f64; 6] = [0.05, 0.1, 0.2, 0.3, 0.5, 1.0];

/// 700 calls per second from 30 clients, for 120 s.
pub(crate) const LOAD: Load = Load { clients: 30, ..Load::new(700.0, Duration::from_secs(120)) };

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// The share of calls that succeeded.
    pub(crate) success: f64,
    /// Attempts per call.
    pub(crate) amplification: f64,
}

/// A scheme's name and its results, in the order of [`FAILURES`].
pub(crate) type Row = (&'static str, Vec<Result>);

pub(crate) fn table(schemes: &[Scheme]) -> Vec<Row> {
    rows(schemes, |scheme| {
        (scheme.name, FAILURES.map(|failures| result(LOAD, scheme, failures)).into())
    })
}

pub(crate) fn result(load: Load, scheme: Scheme, failures: f64) -> Result {
    let latency = Duration::from_millis(10);
    let mut dependency = Flaky { failures, latency, rng: Rng::seeded(2) };
    let outcome = clients::run(load, scheme.retries, &mut dependency, 1);
    let total = outcome.total();
    Result { success: total.success(), amplification: total.amplification() }
}

pub(crate) fn print(rows: &[Row]) {
    println!("2. Random failures: successful calls, and attempts per call");
    println!("   (700 calls/s from 30 clients)\n");
    print!("{:28}", "failing attempts");
    FAILURES.iter().for_each(|failures| print!("{:>15.0} %", 100.0 * failures));
    println!();
    for (name, results) in rows {
        print!("{name:28}");
        for Result { success, amplification } in results {
            print!("{:>9.1} %{amplification:>5.2}×", 100.0 * success);
        }
        println!();
    }
    println!();
}
