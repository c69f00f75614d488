//! What the calls of a scope did, by function; and how a failed assertion shows it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use retry_runtime::control::intercept::Note;
use retry_runtime::{DelaySource, Report};

/// The calls of a scope.
#[derive(Debug, Default)]
pub(super) struct Logs(BTreeMap<&'static str, Log>);

/// The calls of one function.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    /// How many calls have started.
    started: u64,
    /// Attempts that have started.
    pub(super) attempts: u32,
    /// Pauses between attempts, in the order in which they began.
    pub(super) delays: Vec<Duration>,
    /// Calls that have ended, in that order.
    pub(super) calls: Vec<Ended>,
    /// The faults of calls that have not ended, by the call's number.
    injected: BTreeMap<u64, Faults>,
}

/// A call that has ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) report: Report,
    injected: Faults,
}

/// The faults of one call: the number of each attempt, and the fault in words.
type Faults = Vec<(u32, &'static str)>;

impl Logs {
    pub(super) fn of(&mut self, name: &'static str) -> &mut Log {
        self.0.entry(name).or_default()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

impl Log {
    /// A call starts; returns its number.
    pub(super) fn begin(&mut self) -> u64 {
        self.started += 1;
        self.started
    }

    /// How many calls have started.
    pub(super) fn started(&self) -> u64 {
        self.started
    }

    /// All pauses together.
    pub(super) fn slept(&self) -> Duration {
        self.delays.iter().sum()
    }

    /// Something happened in the call of this number.
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

    /// An attempt of the call of this number suffers a fault.
    pub(super) fn injected(&mut self, call: u64, attempt: u32, words: &'static str) {
        self.injected.entry(call).or_default().push((attempt, words));
    }
}

impl fmt::Display for Log {
    /// Every call with its attempts, a line for each.
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
                (Some(error), Some(kind)) => write!(f, "{}: {error}", kind.name())?,
                (Some(error), None) => write!(f, "{error}")?,
                (None, _) => write!(f, "success")?,
            }
            let duration = attempt.duration.unwrap_or_default();
            if !duration.is_zero() {
                write!(f, ", after {duration:?}")?;
            }
            for (_, words) in injected.iter().filter(|(number, _)| *number == attempt.number) {
                write!(f, " ({words})")?;
            }
            if let Some(delay) = attempt.delay {
                let asked = if delay.source == DelaySource::Hint { ", as asked" } else { "" };
                write!(f, "; slept {:?}{asked}", delay.length)?;
            }
        }
        Ok(())
    }
}
