//! The eighth table: breakers of a healthy service that mostly answers "no such thing".

use std::time::Duration;

use retry_runtime::Kind;
use retry_runtime::breaker::{Breaker, BreakerSettings, Permit};

use super::admissions::{self, End, Rule, ours, refused};
use super::schemes::OURS;

/// The share of calls that the breaker refused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refused(pub(crate) f64);

/// A rule's name and its result.
pub(crate) type Row = (&'static str, Vec<Refused>);

/// The rules for a permanent failure, ours last.
const RULES: [(&str, Rule); 3] =
    [("erpc: ignored", ignored), ("gobreaker: a failure", a_failure), (OURS, ours)];

/// As reported in erpc#1118.
fn ignored(permit: Permit<&Breaker>, end: End) {
    match end {
        End::Answer(Err(Kind::Permanent)) => permit.ignored(),
        _ => ours(permit, end),
    }
}

/// `Settings::IsSuccessful`: every error is a failure.
fn a_failure(permit: Permit<&Breaker>, end: End) {
    match end {
        End::Answer(Err(_)) => permit.failure(),
        _ => ours(permit, end),
    }
}

/// 100 calls per second for ten minutes; 98 % of the answers are `Permanent`, and 2 % `Transient`.
pub(crate) fn table() -> Vec<Row> {
    let row = |(name, rule)| {
        let load = (100.0, Duration::from_secs(600));
        let calls = admissions::run(BreakerSettings::new(), rule, load, |_, rng| {
            let kind = if rng.happens(0.02) { Kind::Transient } else { Kind::Permanent };
            (Duration::from_millis(20), End::Answer(Err(kind)))
        });
        (name, vec![Refused(refused(&calls))])
    };
    RULES.map(row).into()
}

pub(crate) fn print(rows: &[Row]) {
    println!(
        "8. Breakers of a healthy service: 98 % \"no such thing\", 2 % failures (100 calls/s for 10 min)\n"
    );
    for (name, results) in rows {
        for Refused(refused) in results {
            println!("{name:28}{:>9.1} % refused", 100.0 * refused);
        }
    }
    println!();
}
