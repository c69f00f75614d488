//! The third table: one client of each volume, with random failures and with a dead dependency.

use std::time::Duration;

use retry_runtime::Policy;

use super::accidents;
use super::clients::Load;
use super::schemes::{Scheme, budgets, rows};

/// The calls per second of the client.
pub(crate) const VOLUMES: [f64; 6] = [0.05, 0.2, 1.0, 23.0, 200.0, 700.0];

#[derive(Clone, Copy, Debug)]
pub(crate) struct Result {
    /// The share of calls that succeed while 20 % of the attempts fail.
    pub(crate) success: f64,
    /// Attempts per call of a dependency that is dead.
    pub(crate) dead: f64,
}

/// A scheme's name and its results, in the order of [`VOLUMES`].
pub(crate) type Row = (&'static str, Vec<Result>);

/// Computes the table, with a thread per row.
pub(crate) fn table() -> Vec<Row> {
    let schemes = budgets(Policy::new().idempotent(true));
    rows(&schemes, |scheme| (scheme.name, VOLUMES.map(|volume| result(scheme, volume)).into()))
}

pub(crate) fn result(scheme: Scheme, per_second: f64) -> Result {
    // So long that the first tokens do not weigh much.
    let time = Duration::from_secs_f64((5_000.0 / per_second).max(120.0));
    let load = Load::new(per_second, time);
    let success = accidents::result(load, scheme, 0.2).success;
    Result { success, dead: accidents::result(load, scheme, 1.0).amplification }
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "3. One client: successful calls at 20 % random failures, and attempts per call of a dead dependency\n"
    );
    print!("{:28}", "calls per second");
    VOLUMES.iter().for_each(|volume| print!("{volume:>17}"));
    println!();
    for (name, results) in rows {
        print!("{name:28}");
        for Result { success, dead } in results {
            print!("{:>9.1} %{dead:>5.2}×", 100.0 * success);
        }
        println!();
    }
    println!();
}
