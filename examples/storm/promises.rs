//! The promises of our defaults, checked against the tables. The example fails if one is broken.

use super::breakers::{self, POLLY};
use super::schemes::{NONE, OURS, PLAIN, UNCHECKED, UNLIMITED};
use super::{accidents, outage};

/// The seconds to recover in an independent model of the same set-up, by number of clients; ours must be within 2 s.
const MODEL_SECONDS: [(&str, [Option<u64>; 4]); 5] = [
    (NONE, [Some(9); 4]),
    (UNCHECKED, [None; 4]),
    ("grpc", [Some(9), Some(9), Some(10), Some(18)]),
    ("aws", [Some(9), Some(10), Some(20), Some(92)]),
    (PLAIN, [Some(9), Some(9), Some(12), Some(33)]),
];

/// The same model's refundable bucket of 10 tokens: percentage of successful calls, attempts per call.
const MODEL_ACCIDENTS: [(f64, f64); 6] =
    [(100.0, 1.05), (100.0, 1.11), (99.5, 1.25), (86.6, 1.24), (55.3, 1.10), (0.0, 1.00)];

/// Messages about broken promises.
#[derive(Default)]
pub(crate) struct Broken(pub(crate) Vec<String>);

impl Broken {
    fn unless(&mut self, kept: bool, words: impl FnOnce() -> String) {
        if !kept {
            self.0.push(words());
        }
    }

    /// Our default recovers like the bucket without time refill, and the others recover as in the model.
    pub(crate) fn in_outage(&mut self, rows: &[outage::Row]) {
        for (name, expected) in MODEL_SECONDS {
            self.seconds(rows, name, expected);
        }
        let seconds = |name| row(rows, name).iter().map(|recovery| recovery.seconds).collect();
        let (plain, ours): (Vec<_>, Vec<_>) = (seconds(PLAIN), seconds(OURS));
        self.unless(ours == plain, || format!("{OURS} recovers after {ours:?} s, not {plain:?}"));
        let unlimited: Vec<_> = seconds(UNLIMITED);
        self.unless(unlimited == seconds(UNCHECKED), || {
            format!("{UNLIMITED} differs from {UNCHECKED}")
        });
    }

    fn seconds(&mut self, rows: &[outage::Row], name: &str, expected: [Option<u64>; 4]) {
        for ((recovery, expected), clients) in
            row(rows, name).iter().zip(expected).zip(outage::CLIENTS)
        {
            let near = match (recovery.seconds, expected) {
                (Some(seconds), Some(expected)) => seconds.abs_diff(expected) <= 2,
                (seconds, expected) => seconds == expected,
            };
            self.unless(near, || {
                let seconds = recovery.seconds;
                format!("{name}, {clients} clients: {seconds:?} s, but {expected:?} in the model")
            });
        }
    }

    /// Random failures are retried as in the model, and our default is never worse than without time refill.
    pub(crate) fn in_accidents(&mut self, rows: &[accidents::Row]) {
        let results = row(rows, OURS).iter().zip(row(rows, PLAIN));
        for ((ours, plain), (success, amplification)) in results.zip(MODEL_ACCIDENTS) {
            let percent = 100.0 * ours.success;
            self.unless((percent - success).abs() <= 0.5, || {
                format!("{OURS}: {percent:.1} % succeed, but {success} % in the model")
            });
            self.unless((ours.amplification - amplification).abs() <= 0.015, || {
                format!("{OURS}: {:.2} attempts, not {amplification}", ours.amplification)
            });
            // One retry more or less changes all later random numbers; two runs differ by this much.
            self.unless(ours.success >= plain.success - 0.003, || {
                format!("{OURS}: {percent:.1} %, worse than without time refill")
            });
        }
    }

    /// Our breaker loses almost no calls up to 30 % of random failures, and shields a dead dependency.
    pub(crate) fn in_breakers(&mut self, rows: &[breakers::Row]) {
        for (passed, failures) in row(rows, breakers::OURS).iter().zip(breakers::FAILURES) {
            let lost = 1.0 - failures - passed.success;
            self.unless(failures > 0.3 || lost < 0.01, || {
                format!("our breaker loses {:.1} % at {failures}", 100.0 * lost)
            });
            self.unless(failures < 1.0 || passed.reached < 0.01, || {
                format!("{:.1} % of calls still reach a dead dependency", 100.0 * passed.reached)
            });
        }
    }

    /// The model's figure for a breaker that mistakes random failures for an outage: 12.8 % success at 15 % failures.
    pub(crate) fn in_polly(&mut self, rows: &[breakers::Row]) {
        let at = breakers::FAILURES.iter().position(|failures| *failures == 0.15);
        let percent = at.map_or(0.0, |at| 100.0 * row(rows, POLLY)[at].success);
        self.unless((percent - 12.8).abs() <= 1.0, || format!("{POLLY}: {percent:.1} %, not 12.8"));
    }
}

fn row<'r, T>(rows: &'r [(&str, Vec<T>)], name: &str) -> &'r [T] {
    let found = rows.iter().find(|(row, _)| *row == name);
    found.map_or(&[], |(_, cells)| cells.as_slice())
}
