//! The first table: the recovery time after a server stalls for five seconds.

use std::time::Duration;

use super::clients::{self, Load};
use super::dependency::Overloaded;
use super::schemes::{Scheme, rows};

/// The numbers of clients that share the load.
pub(crate) const CLIENTS: [usize; 5] = [1, 10, 100, 700, 2100];

pub(crate) const TITLE: &str = "\
1. A stall of 5 s: seconds until 99 % of calls succeed again, and successes per second over 120 s
   (700 calls/s from K clients, a server for 1000/s, 1 s timeout)";

/// The parameters of the model.
#[derive(Clone, Copy)]
pub(crate) struct SetUp {
    pub(crate) calls_per_second: f64,
    pub(crate) served_per_second: u32,
    pub(crate) timeout: Duration,
    pub(crate) stall: Duration,
    /// The time after the stall within which a scheme must recover; a longer recovery counts as never.
    pub(crate) patience: Duration,
}

/// 700 calls per second to a server that handles 1000 and stalls for 5 s.
pub(crate) const STORM: SetUp = SetUp {
    calls_per_second: 700.0,
    served_per_second: 1000,
    timeout: Duration::from_secs(1),
    stall: Duration::from_secs(5),
    patience: Duration::from_secs(130),
};

/// The start of the stall, late enough for budgets to fill.
const BEGIN: Duration = Duration::from_secs(10);
/// The goodput is measured over this time from the start of the stall.
pub(crate) const GOODPUT_OVER: Duration = Duration::from_secs(120);
/// Calls made in this time before the end of the load may still be retrying, so they are left out.
const END: Duration = Duration::from_secs(20);
const SEEDS: [u64; 3] = [1, 2, 3];

/// The effect of the stall on one scheme with a number of clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recovery {
    /// Seconds from the end of the stall until 99 % of calls succeed permanently again.
    pub(crate) seconds: Option<u64>,
    pub(crate) goodput: f64,
}

/// A scheme's name and its recoveries, in the order of [`CLIENTS`].
pub(crate) type Row = (&'static str, Vec<Recovery>);

/// Computes the table, with a thread per row.
pub(crate) fn table(schemes: &[Scheme]) -> Vec<Row> {
    rows(schemes, |scheme| {
        let mut never = false;
        // More clients have more tokens: what never recovers with some never does with more.
        let recoveries = CLIENTS.map(|clients| match never {
            true => Recovery { seconds: None, goodput: 0.0 },
            false => {
                let recovery = recovery(STORM, scheme, clients);
                never = recovery.seconds.is_none();
                recovery
            }
        });
        (scheme.name, recoveries.into())
    })
}

/// Returns the median of three runs.
pub(crate) fn recovery(set_up: SetUp, scheme: Scheme, clients: usize) -> Recovery {
    let [first, second, third] = SEEDS.map(|seed| move || run(set_up, scheme, clients, seed));
    let (first, second) = (first(), second());
    if first.seconds == second.seconds {
        return first;
    }
    let mut runs = [first, second, third()];
    runs.sort_by_key(|run| run.seconds.unwrap_or(u64::MAX));
    runs[1]
}

/// The run with one seed.
pub(crate) fn run(set_up: SetUp, scheme: Scheme, clients: usize, seed: u64) -> Recovery {
    let stall = BEGIN..BEGIN + set_up.stall;
    let until = stall.end + set_up.patience;
    let load = Load { clients, ..Load::new(set_up.calls_per_second, until + END) };
    let mut server = Overloaded::new(set_up.served_per_second, set_up.timeout, stall.clone());
    let outcome = clients::run(load, scheme.retries, &mut server, seed);
    Recovery {
        seconds: outcome.recovery(stall.end, until),
        goodput: outcome.goodput(stall.start, (stall.start + GOODPUT_OVER).min(until)),
    }
}

pub(crate) fn print(title: &str, rows: &[Row]) {
    println!("{title}\n");
    print!("{:28}", "");
    CLIENTS.iter().for_each(|clients| print!("{:>16}", format!("K = {clients}")));
    println!();
    for (name, recoveries) in rows {
        print!("{name:28}");
        for Recovery { seconds, goodput } in recoveries {
            let seconds = seconds.map_or("never".to_owned(), |seconds| format!("{seconds} s"));
            print!("{seconds:>9}{goodput:>5.0}/s");
        }
        println!();
    }
    println!();
}
