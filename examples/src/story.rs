//! Prints what a call did, from its report, and checks the claims of an example.

use std::process::ExitCode;

use retry_runtime::{AttemptRecord, DelaySource, Kind, Report, StopReason};

/// Prints the call, attempt by attempt.
pub fn tell<E>(result: &Result<String, E>, report: &Report) {
    for attempt in &report.attempts {
        let at = attempt.started.as_secs_f64();
        let outcome = attempt.error.as_deref().unwrap_or("success");
        println!("   {at:4.2} s  attempt {}: {outcome}", attempt.number);
        if let Some(kind) = attempt.kind {
            println!("           {kind}: {}", consequence(kind, attempt, report.reason));
        }
    }
    match result {
        Ok(body) => println!("   => {report}: {body}\n"),
        Err(_) => println!("   => {report}\n"),
    }
}

/// Explains why the failure is retried or not, and how long the call waits.
fn consequence(kind: Kind, attempt: &AttemptRecord, reason: StopReason) -> String {
    let why = match kind {
        Kind::Transient => "the request had no effect",
        Kind::Throttled => "the server rejected the request",
        Kind::Ambiguous if attempt.delay.is_some() => {
            "the request may have taken effect, and is safe to repeat"
        }
        Kind::Ambiguous => "the request may have taken effect",
        Kind::Overloaded | Kind::Permanent => "a retry cannot help",
    };
    match (attempt.delay, reason) {
        (Some(delay), _) => {
            let from = match delay.source {
                DelaySource::Hint => ", as the server asked (Retry-After)",
                _ => "",
            };
            format!("{why}; retry in {:.2} s{from}", delay.length.as_secs_f64())
        }
        (None, StopReason::Ambiguous) => format!("{why} and is not safe to repeat; no retry"),
        (None, StopReason::Deadline) => format!("{why}; no time is left"),
        (None, reason) => format!("{why}; no retry ({reason})"),
    }
}

/// The claims that an example makes, and whether each is true.
#[derive(Debug, Default)]
pub struct Checks(Vec<(&'static str, bool)>);

impl Checks {
    /// Records whether a claim is true.
    pub fn check(&mut self, claim: &'static str, is_true: bool) {
        self.0.push((claim, is_true));
    }

    /// The claims that are not true.
    pub fn failed(&self) -> Vec<&'static str> {
        self.0.iter().filter(|(_, is_true)| !is_true).map(|(claim, _)| *claim).collect()
    }

    /// Prints all claims; returns a failure unless every claim is true.
    pub fn summary(&self) -> ExitCode {
        println!("Checked against the servers' request logs and the reports of the calls:");
        for (claim, is_true) in &self.0 {
            println!("   {} {claim}", if *is_true { "yes" } else { "NO " });
        }
        if self.failed().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
