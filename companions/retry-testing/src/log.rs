//! The log of a scope: its calls by function, as a failed assertion prints them, and its effects.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use retry_runtime::control::OneLine;
use retry_runtime::control::intercept::Note;
use retry_runtime::{DelaySource, Report};

/// The calls of a scope, by function.
#[derive(Debug, Default)]
pub(super) struct Logs(BTreeMap<&'static str, Log>);

/// The calls of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// The number of calls that have started.
    pub(super) started: u64,
    /// The number of attempts that have started.
    pub(super) attempts: u32,
    /// The pauses between attempts, in the order of their starts.
    pub(super) delays: Vec<Duration>,
    /// The calls that have ended, in the order of their ends.
    pub(super) calls: Vec<Ended>,
    /// The faults of running calls, by the call's number.
    injected: BTreeMap<u64, Faults>,
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) report: Report,
    injected: Faults,
}

/// The faults of one call: the attempt's number, and a description of the fault.
type Faults = Vec<(u32, &'static str)>;

impl Logs {
    pub(super) fn of(&mut self, name: &'static str) -> &mut Log {
        self.0.entry(name).or_default()
    }
}

impl Log {
    /// Counts a call that starts, and returns its number.
    pub(super) fn begin(&mut self) -> u64 {
        self.started += 1;
        self.started
    }

    /// The sum of all pauses.
    pub(super) fn slept(&self) -> Duration {
        self.delays.iter().sum()
    }

    /// Logs an event of the call with this number.
    pub(super) fn note(&mut self, call: u64, note: Note<'_>) {
        match note {
            Note::Attempt => self.attempts += 1,
            Note::Delay(delay) => self.delays.push(delay),
            Note::DelayCalledOff => drop(self.delays.pop()),
            Note::End(report) => {
                let injected = self.injected.remove(&call).unwrap_or_default();
                self.calls.push(Ended { report: report.clone(), injected });
            }
        }
    }

    /// Logs a fault of an attempt of the call with this number.
    pub(super) fn injected(&mut self, call: u64, attempt: u32, description: &'static str) {
        self.injected.entry(call).or_default().push((attempt, description));
    }
}

/// The effects in a scope.
#[derive(Debug, Default)]
pub(super) struct Effects {
    counts: BTreeMap<String, u32>,
    keys: BTreeSet<(String, String)>,
}

impl Effects {
    pub(super) fn happen(&mut self, name: &str) {
        *self.counts.entry(name.to_owned()).or_default() += 1;
    }

    pub(super) fn happen_once(&mut self, name: &str, key: String) -> bool {
        let new = self.keys.insert((name.to_owned(), key));
        if new {
            self.happen(name);
        }
        new
    }

    pub(super) fn count(&self, name: &str) -> u32 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    /// Removes all effects, and returns how often each happened.
    pub(super) fn take(&mut self) -> BTreeMap<String, u32> {
        self.keys.clear();
        std::mem::take(&mut self.counts)
    }
}

impl fmt::Display for Log {
    /// Prints every call and its attempts, one line for each.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.started == 0 {
            return write!(
                f,
                "no call was made in this scope (one in another task or thread needs `t.wrap`)"
            );
        }
        for (index, call) in self.calls.iter().enumerate() {
            let end = if index + 1 < self.calls.len() { "\n" } else { "" };
            write!(f, "call {}: {call}{end}", index + 1)?;
        }
        match self.started - self.calls.len() as u64 {
            0 => Ok(()),
            1 => write!(f, "\nanother call has not ended"),
            running => write!(f, "\n{running} other calls have not ended"),
        }
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ended { report, injected } = self;
        write!(f, "{report}")?;
        if report.omitted > 0 {
            write!(f, "\n  ({} attempts are left out)", report.omitted)?;
        }
        for attempt in &report.attempts {
            write!(f, "\n  attempt {} at {:?}: ", attempt.number, attempt.started)?;
            match (&attempt.error, attempt.kind) {
                (Some(error), Some(kind)) => write!(f, "{}: {}", kind.name(), OneLine(error))?,
                (Some(error), None) => write!(f, "{}", OneLine(error))?,
                (None, _) => write!(f, "success")?,
            }
            let duration = attempt.duration.unwrap_or_default();
            if !duration.is_zero() {
                write!(f, ", after {duration:?}")?;
            }
            for (_, description) in injected.iter().filter(|(number, _)| *number == attempt.number)
            {
                write!(f, " ({description})")?;
            }
            if let Some(delay) = attempt.delay {
                let asked = if delay.source == DelaySource::Hint { ", as asked" } else { "" };
                write!(f, "; slept {:?}{asked}", delay.length)?;
            }
        }
        Ok(())
    }
}
