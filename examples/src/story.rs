//! Telling a person what a call did, from its report.

use std::process::ExitCode;

use retry_runtime::{AttemptRecord, DelaySource, Kind, Report, StopReason};

/// The call's story, attempt by attempt.
pub fn tell<E>(result: &Result<String, E>, report: &Report) {
    for attempt in &report.attempts {
        let at = attempt.started.as_secs_f64();
        let outcome = attempt.error.as_deref().unwrap_or("an answer");
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

/// Why the failure is retried or not, and how long the call waits.
fn consequence(kind: Kind, attempt: &AttemptRecord, reason: StopReason) -> String {
    let why = match kind {
        Kind::Transient => "nothing happened",
        Kind::Throttled => "the server turned it away",
        Kind::Ambiguous if attempt.delay.is_some() => {
            "it may have happened, which is harmless here"
        }
        Kind::Ambiguous => "it may have happened",
        Kind::Overloaded | Kind::Permanent => "trying again cannot help",
    };
    match (attempt.delay, reason) {
        (Some(delay), _) => {
            let from = match delay.source {
                DelaySource::Hint => ", as the server asked (Retry-After)",
                _ => "",
            };
            format!("{why}; again in {:.2} s{from}", delay.length.as_secs_f64())
        }
        (None, StopReason::Ambiguous) => format!("{why}, and must not happen twice; not repeated"),
        (None, StopReason::Deadline) => format!("{why}; no time is left"),
        (None, reason) => format!("{why}; not repeated ({reason})"),
    }
}

/// What this program promises, and whether it was kept.
#[derive(Debug, Default)]
pub struct Promises(Vec<(&'static str, bool)>);

impl Promises {
    /// Notes whether a promise was kept.
    pub fn keep(&mut self, promise: &'static str, kept: bool) {
        self.0.push((promise, kept));
    }

    /// Those that were not kept.
    pub fn broken(&self) -> Vec<&'static str> {
        self.0.iter().filter(|(_, kept)| !kept).map(|(promise, _)| *promise).collect()
    }

    /// Prints them all; a failure unless every one was kept.
    pub fn summary(&self) -> ExitCode {
        println!("By the server's books and the calls' reports:");
        for (promise, kept) in &self.0 {
            println!("   {} {promise}", if *kept { "yes" } else { "NO " });
        }
        if self.0.iter().all(|(_, kept)| *kept) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
