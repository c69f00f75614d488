//! The promises of our defaults, checked against the tables. The example fails if one is broken.

use super::breakers::{self, POLLY};
use super::schemes::{FIXED_OTHERWISE, NONE, OURS, OURS_OTHERWISE, UNCHECKED, UNLIMITED};
use super::{accidents, answers, hints, hosts, idle, impatient, leaving, outage, volumes};

/// The seconds to recover in an independent model of the same set-up, by number of clients up to 700; ours must be
/// within 2 s.
const MODEL_SECONDS: [(&str, [Option<u64>; 4]); 4] = [
    (NONE, [Some(9); 4]),
    (UNCHECKED, [None; 4]),
    ("grpc", [Some(9), Some(9), Some(10), Some(18)]),
    ("aws", [Some(9), Some(10), Some(20), Some(92)]),
];

/// The most seconds to recover that our default may need, by number of clients, whatever `max` and `base` are.
const AT_MOST: [u64; 5] = [17, 17, 17, 29, 65];

/// Messages about broken promises.
#[derive(Default)]
pub(crate) struct Broken(pub(crate) Vec<String>);

impl Broken {
    fn unless(&mut self, kept: bool, words: impl FnOnce() -> String) {
        if !kept {
            self.0.push(words());
        }
    }

    /// Our default recovers in time, and the others recover as in the model.
    pub(crate) fn in_outage(&mut self, rows: &[outage::Row]) {
        for (name, expected) in MODEL_SECONDS {
            self.seconds(rows, name, expected);
        }
        self.in_time(rows, OURS, AT_MOST);
        let seconds = |name| row(rows, name).iter().map(|recovery| recovery.seconds).collect();
        let (unlimited, unchecked): (Vec<_>, Vec<_>) = (seconds(UNLIMITED), seconds(UNCHECKED));
        self.unless(unlimited == unchecked, || format!("{UNLIMITED} differs from {UNCHECKED}"));
    }

    /// Our default recovers in time with other policies, too, and a capacity of 20 set by hand bears 700 clients.
    pub(crate) fn in_other_policies(&mut self, rows: &[outage::Row]) {
        OURS_OTHERWISE.iter().for_each(|name| self.in_time(rows, name, AT_MOST));
        self.in_time(rows, FIXED_OTHERWISE, [60, 60, 60, 60, u64::MAX]);
    }

    fn in_time(&mut self, rows: &[outage::Row], name: &str, most: [u64; 5]) {
        for ((recovery, most), clients) in row(rows, name).iter().zip(most).zip(outage::CLIENTS) {
            let seconds = recovery.seconds;
            self.unless(seconds.unwrap_or(u64::MAX) <= most, || {
                format!("{name}, {clients} clients: {seconds:?} s, more than {most}")
            });
        }
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

    /// Random failures are retried, and a dead dependency sees little more than its load.
    pub(crate) fn in_accidents(&mut self, rows: &[accidents::Row]) {
        for (ours, failures) in row(rows, OURS).iter().zip(accidents::FAILURES) {
            let percent = 100.0 * ours.success;
            self.unless(failures > 0.2 || percent >= 99.0, || {
                format!("{OURS}: {percent:.1} % succeed at {failures}")
            });
            self.unless(failures < 1.0 || ours.amplification <= 1.1, || {
                format!("{OURS}: {:.2} attempts per call of a dead dependency", ours.amplification)
            });
        }
    }

    /// The same for one client of each volume.
    pub(crate) fn in_volumes(&mut self, rows: &[volumes::Row]) {
        for (ours, volume) in row(rows, OURS).iter().zip(volumes::VOLUMES) {
            let percent = 100.0 * ours.success;
            self.unless(percent >= 99.0, || format!("{OURS}: {percent:.1} % at {volume} calls/s"));
            // Below three calls a minute, a token a minute is a third of the calls.
            let most = if volume < 0.2 { 1.35 } else { 1.1 };
            self.unless(ours.dead <= most, || {
                format!("{OURS}: {:.2} attempts per call at {volume} calls/s", ours.dead)
            });
        }
    }

    /// A burst after silence finds tokens, and two calls of an idle tool outlast an outage.
    pub(crate) fn in_idle(&mut self, rows: &[idle::Row]) {
        let ours = only(rows);
        self.unless(ours.refused <= 3.0, || format!("{OURS}: {:.1} of 200 refused", ours.refused));
        self.unless(ours.pairs == 1.0, || format!("{OURS}: {:.2} of the pairs", ours.pairs));
    }

    /// Callers who leave do not get their retries for nothing.
    pub(crate) fn in_leaving(&mut self, rows: &[leaving::Row]) {
        let leaving::Requests(requests) = only(rows);
        self.unless(requests <= 220, || format!("{requests} requests of 200 calls"));
    }

    /// Callers who leave open the breaker of a dependency that hangs, and not that of one that is slow.
    pub(crate) fn in_impatient(&mut self, rows: &[impatient::Row]) {
        let ours = only(rows);
        let waited = 100.0 * ours.waited;
        // Of 3 000: those of the first 10 s and the second before, and ten in each half-open period.
        self.unless(waited <= 8.0, || format!("{waited:.1} % of the callers wait in vain"));
        self.unless(ours.probes <= 10, || format!("{} probes at a time", ours.probes));
        let refused = 100.0 * ours.refused;
        self.unless(refused == 0.0, || format!("{refused:.1} % of a slow service are refused"));
        self.unless(ours.back <= 180.0, || format!("rare callers are back after {} s", ours.back));
    }

    /// A service that has answered is healthy.
    pub(crate) fn in_answers(&mut self, rows: &[answers::Row]) {
        let answers::Refused(refused) = only(rows);
        self.unless(refused == 0.0, || {
            format!("{:.1} % of a healthy service are refused", 100.0 * refused)
        });
    }

    /// Clients that a server asked to come back do not come back in one instant.
    pub(crate) fn in_hints(&mut self, rows: &[hints::Row]) {
        let ours = only(rows);
        let failed = 100.0 * ours.failed;
        self.unless(failed == 0.0, || format!("{failed:.1} % of the clients with a hint fail"));
        self.unless(ours.others == 0, || format!("{} of the others fail", ours.others));
    }

    /// A dead host gets little more than its load, the others keep their retries, and all hosts together are as safe
    /// as one.
    pub(crate) fn in_hosts(&mut self, rows: &[hosts::Row]) {
        let ours = only(rows);
        self.unless(ours.dead <= 1.1, || {
            format!("{:.2} attempts per call of a dead host", ours.dead)
        });
        let others = 100.0 * ours.others;
        self.unless(others >= 99.0, || format!("{others:.1} % succeed beside a dead host"));
        let seconds = ours.seconds.unwrap_or(u64::MAX);
        self.unless(seconds <= 17, || format!("{seconds} s until 50 hosts have recovered"));
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

/// The row of this name; panics where there is none.
fn row<'r, T>(rows: &'r [(&str, Vec<T>)], name: &str) -> &'r [T] {
    let found = rows.iter().find(|(row, _)| *row == name);
    let (_, cells) = found.unwrap_or_else(|| panic!("no row {name}: nothing would be checked"));
    cells
}

/// The only cell of our row.
fn only<T: Copy>(rows: &[(&str, Vec<T>)]) -> T {
    row(rows, OURS)[0]
}
