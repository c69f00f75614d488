//! The report of a call: its attempts, the delays between them, its total time.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::reason::StopReason;
use crate::failure::class::Kind;

/// Where a delay came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DelaySource {
    /// The policy's backoff and jitter.
    Backoff,
    /// The server asked for it, and it was longer than the policy's own.
    Hint,
}

impl DelaySource {
    /// The source in one word, as in metrics and `tracing`: `backoff` or `hint`.
    pub const fn name(self) -> &'static str {
        match self {
            DelaySource::Backoff => "backoff",
            DelaySource::Hint => "hint",
        }
    }
}

/// The pause between two attempts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Delay {
    /// How long.
    pub length: Duration,
    /// Who said so.
    pub source: DelaySource,
}

/// One attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AttemptRecord {
    /// The attempt's number, from 1.
    pub number: u32,
    /// When it started, counted from the start of the call; from the end of the first attempt where that
    /// one's duration is not known.
    pub started: Duration,
    /// How long it ran. `None` for the first attempt of a call that nobody has timed: a call that succeeds
    /// at once reads no clock, and whether it does is known only afterwards. A `deadline`, a `timeout`, a
    /// `report`, a `recover` and [`observe`](crate::observe) time the call, and so do a listener to events and `measure = true` in a
    /// configuration.
    pub duration: Option<Duration>,
    /// The failure in words, at most 1 KiB of them, or that the attempt was dropped; `None` when it succeeded.
    pub error: Option<Arc<str>>,
    /// The failure's kind; `None` when the attempt succeeded or was dropped.
    pub kind: Option<Kind>,
    /// The pause after it; `None` after the last attempt, unless the call was ended in the pause.
    pub delay: Option<Delay>,
}

/// What one call did.
///
/// Get one with [`observe`](crate::observe), or as part of a [`RetryError`](crate::RetryError).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The function's name, `module::function` unless `name = …` says otherwise; empty for a call that
    /// has no function ([`Policy::call`](crate::Policy::call)).
    pub name: &'static str,
    /// Why the call ended.
    pub reason: StopReason,
    /// The attempts in order. Of a call with more than [`Report::MAX_ATTEMPTS`] the first ones are
    /// left out.
    pub attempts: Vec<AttemptRecord>,
    /// How many attempts were left out of `attempts`.
    pub omitted: u32,
    /// How long the whole call took, sleeps included.
    pub total: Duration,
    /// The delay that the server asked for with the last failure, kept for the caller.
    pub retry_after: Option<Duration>,
}

impl Report {
    /// No more attempts than this are kept for one call.
    pub const MAX_ATTEMPTS: usize = 64;

    pub(crate) const fn empty(name: &'static str) -> Self {
        Report {
            name,
            reason: StopReason::Success,
            attempts: Vec::new(),
            omitted: 0,
            total: Duration::ZERO,
            retry_after: None,
        }
    }

    /// Adds an attempt; of too many the first one is left out.
    pub(crate) fn push(&mut self, attempt: AttemptRecord) {
        if self.attempts.len() == Report::MAX_ATTEMPTS {
            self.attempts.remove(0);
            self.omitted += 1;
        }
        self.attempts.push(attempt);
    }

    /// What it takes in memory, roughly, as that of a past call.
    pub(crate) fn bytes(&self) -> usize {
        let texts = self.attempts.iter().filter_map(|attempt| attempt.error.as_ref());
        size_of::<PastCall>()
            + self.attempts.capacity() * size_of::<AttemptRecord>()
            + texts.map(|text| text.len() + 2 * size_of::<usize>()).sum::<usize>()
    }

    /// How many attempts were made.
    pub fn attempts_made(&self) -> u32 {
        self.omitted + self.attempts.len() as u32
    }

    /// How many of them were retries.
    pub fn retries(&self) -> u32 {
        self.attempts_made().saturating_sub(1)
    }

    /// The last attempt; `None` when the call ended before the first one.
    pub fn last(&self) -> Option<&AttemptRecord> {
        self.attempts.last()
    }

    /// The pauses between the attempts, in order.
    pub fn delays(&self) -> impl Iterator<Item = Duration> + '_ {
        self.attempts.iter().filter_map(|attempt| Some(attempt.delay?.length))
    }
}

/// A call that did not succeed at once, as its function remembers it.
///
/// [`history`](crate::history) returns the last ones of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PastCall {
    /// When it ended.
    pub ended: SystemTime,
    /// What it did, attempt by attempt.
    pub report: Report,
}

impl PastCall {
    /// A call that has just ended: for a history of your own, of calls that have no function
    /// ([`Policy::call`](crate::Policy::call)).
    ///
    /// ```
    /// use retry_runtime::{PastCall, Policy, observe_blocking};
    /// use std::time::SystemTime;
    ///
    /// let (_, report) = observe_blocking(|| Policy::new().call(|_| std::fs::read("no such file")));
    /// let past = PastCall::new(SystemTime::now(), report);
    /// for attempt in &past.report.attempts {
    ///     println!("{:?}: attempt {}", past.started_at(attempt), attempt.number);
    /// }
    /// ```
    pub fn new(ended: SystemTime, report: Report) -> Self {
        PastCall { ended, report }
    }

    /// The date and time at which one of its attempts started.
    pub fn started_at(&self, attempt: &AttemptRecord) -> SystemTime {
        let before_the_end = self.report.total.saturating_sub(attempt.started);
        self.ended.checked_sub(before_the_end).unwrap_or(self.ended)
    }
}

impl fmt::Display for Report {
    /// One line: `succeeded at attempt 2 in 1.3 s`, `gave up after 4 attempts in 7.2 s (exhausted)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (made, total) = (self.attempts_made(), Seconds(self.total));
        let plural = if made == 1 { "" } else { "s" };
        match self.reason {
            StopReason::Success => write!(f, "succeeded at attempt {made} in {total}"),
            reason => write!(f, "gave up after {made} attempt{plural} in {total} ({reason})"),
        }
    }
}

/// A time as a person wants it: `7.2 s`, and `12 ms` below a tenth of a second.
pub(crate) struct Seconds(pub(crate) Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < Duration::from_millis(100) {
            write!(f, "{} ms", self.0.as_millis())
        } else {
            write!(f, "{:.1} s", self.0.as_secs_f64())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_started_so_long_before_the_end_of_its_call() {
        let ended = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let mut report = Report::empty("load");
        report.total = Duration::from_secs(7);
        let attempt = |seconds| AttemptRecord {
            number: 1,
            started: Duration::from_secs(seconds),
            duration: None,
            error: None,
            kind: None,
            delay: None,
        };
        let past = PastCall::new(ended, report);
        assert_eq!(past.started_at(&attempt(3)), ended - Duration::from_secs(4));
        assert_eq!(past.started_at(&attempt(8)), ended);
    }
}
