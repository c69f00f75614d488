//! The report of a call: its attempts, the delays between them, its total time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::reason::StopReason;
use crate::base::duration::Rounded;
use crate::base::time::SystemTime;
use crate::failure::class::Kind;

/// Where a delay came from.
///
/// ```
/// use retry_runtime::{DelaySource, observe_blocking, retryable};
///
/// #[retryable(max = 1, base = "0s")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let (_, report) = observe_blocking(connect);
/// let delay = report.attempts[0].delay.expect("a pause follows");
/// assert_eq!(delay.source, DelaySource::Backoff);
/// assert_eq!(delay.source.name(), "backoff");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum DelaySource {
    /// The policy's backoff and jitter.
    Backoff,
    /// The server asked for a longer delay than the policy's own.
    Hint,
    /// The budget refused the retry of a call whose attempts have no limit.
    Budget,
}

impl DelaySource {
    /// The source in one word, as in metrics and `tracing`: `backoff`, `hint` or `budget`.
    #[inline]
    pub const fn name(self) -> &'static str {
        match self {
            DelaySource::Backoff => "backoff",
            DelaySource::Hint => "hint",
            DelaySource::Budget => "budget",
        }
    }
}

/// The pause between two attempts.
///
/// ```
/// use retry_runtime::{observe_blocking, retryable};
///
/// #[retryable(max = 1, base = "0s")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let (_, report) = observe_blocking(connect);
/// let delay = report.attempts[0].delay.expect("a pause follows");
/// println!("{:?} by the {}", delay.length, delay.source.name());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Delay {
    /// The length of the pause.
    pub length: Duration,
    /// Where the length came from.
    pub source: DelaySource,
}

/// One attempt of a call.
///
/// ```
/// use retry_runtime::{observe_blocking, retryable};
///
/// #[retryable(max = 1, base = "0s")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let (_, report) = observe_blocking(connect);
/// for attempt in &report.attempts {
///     println!("{attempt}"); // attempt 1 after 0 ms, 0 ms long: connection refused (transient); 0 ms of backoff
/// }
/// assert_eq!(report.attempts[1].number, 2);
/// assert_eq!(report.attempts[1].error.as_deref(), Some("connection refused"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct AttemptRecord {
    /// The attempt's number, from 1.
    pub number: u32,
    /// The time from the start of the call to the start of the attempt. If the first attempt was not timed, the time
    /// starts at its end.
    pub started: Duration,
    /// How long the attempt ran; `None` for a first attempt that was not timed.
    ///
    /// To keep first-try successes cheap, the first attempt is timed only if the function has `deadline`, `timeout`,
    /// `report` or `recover`, inside [`observe`](crate::observe), while a listener wants routine events, and with
    /// `measure` in the attribute or in a configuration.
    pub duration: Option<Duration>,
    /// The failure's text, at most 1 KiB, or a note that the attempt was dropped; `None` when the attempt succeeded.
    pub error: Option<Arc<str>>,
    /// The failure's kind; `None` when the attempt succeeded or was dropped.
    pub kind: Option<Kind>,
    /// The pause after the attempt; `None` after the last attempt, unless the call ended during the pause.
    pub delay: Option<Delay>,
}

/// The report of one call.
///
/// Get one with [`observe`](crate::observe), or as part of a [`RetryError`](crate::RetryError).
///
/// ```
/// use retry_runtime::{StopReason, observe_blocking, retryable};
///
/// #[retryable(max = 1, base = "0s")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let (_, report) = observe_blocking(connect);
/// assert_eq!((report.reason, report.attempts_made()), (StopReason::Exhausted, 2));
/// println!("{report}"); // gave up after 2 attempts in 0 ms (exhausted)
/// println!("{report:#}"); // the same, and a line for each attempt
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct Report {
    /// The function's name, `module::function` unless `name = …` sets another one; empty for a call without an
    /// annotated function ([`Policy::call`](crate::Policy::call)).
    pub name: &'static str,
    /// Why the call ended.
    pub reason: StopReason,
    /// The last attempts in order, at most [`Report::MAX_ATTEMPTS`].
    pub attempts: Vec<AttemptRecord>,
    /// The number of attempts before those in `attempts`.
    pub omitted: u32,
    /// How long the whole call took, pauses included.
    pub total: Duration,
    /// The delay that the server asked for with the last failure.
    pub retry_after: Option<Duration>,
}

impl Report {
    /// The highest number of attempts that a report keeps.
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

    /// The report of a call that succeeded at its first try.
    #[inline(always)]
    pub(crate) fn first_try(name: &'static str, took: Duration) -> Self {
        let attempt = AttemptRecord {
            number: 1,
            started: Duration::ZERO,
            duration: Some(took),
            error: None,
            kind: None,
            delay: None,
        };
        Report { attempts: vec![attempt], total: took, ..Report::empty(name) }
    }

    /// The number of attempts.
    #[inline]
    pub fn attempts_made(&self) -> u32 {
        self.omitted + self.attempts.len() as u32
    }

    /// The number of retries.
    #[inline]
    pub fn retries(&self) -> u32 {
        self.attempts_made().saturating_sub(1)
    }

    /// The last attempt; `None` when the call ended before the first one.
    #[inline]
    pub fn last(&self) -> Option<&AttemptRecord> {
        self.attempts.last()
    }

    /// The pauses between the attempts, in order.
    ///
    /// ```
    /// use retry_runtime::{observe_blocking, retryable};
    ///
    /// #[retryable(max = 1, base = "0s")]
    /// fn connect() -> std::io::Result<()> {
    ///     Err(std::io::ErrorKind::ConnectionRefused.into())
    /// }
    ///
    /// let (_, report) = observe_blocking(connect);
    /// assert_eq!(report.delays().count(), 1);
    /// ```
    #[inline]
    pub fn delays(&self) -> impl Iterator<Item = Duration> + '_ {
        self.attempts.iter().filter_map(|attempt| Some(attempt.delay?.length))
    }
}

/// A past call in the history of its function, which keeps calls that did not succeed at the first try.
///
/// [`history`](crate::history) returns a function's last ones.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct PastCall {
    /// The date and time at which the call ended.
    pub ended: SystemTime,
    /// The call's report.
    pub report: Report,
}

impl PastCall {
    /// A past call for a history of your own, for calls without an annotated function
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
    #[inline]
    pub fn new(ended: SystemTime, report: Report) -> Self {
        PastCall { ended, report }
    }

    /// The date and time at which one of the call's attempts started.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # #[retryable(max = 0, name = "docs::started_at")]
    /// # fn connect() -> std::io::Result<()> { Err(std::io::ErrorKind::ConnectionRefused.into()) }
    /// # connect().unwrap_err();
    /// for past in retry_runtime::history("docs::started_at").unwrap_or_default() {
    ///     for attempt in &past.report.attempts {
    ///         println!("{:?}: {attempt}", past.started_at(attempt));
    ///     }
    /// }
    /// ```
    #[inline]
    pub fn started_at(&self, attempt: &AttemptRecord) -> SystemTime {
        let before_the_end = self.report.total.saturating_sub(attempt.started);
        self.ended.checked_sub(before_the_end).unwrap_or(self.ended)
    }
}

impl fmt::Display for Report {
    /// One line: `succeeded at attempt 2 in 1.3 s`, `gave up after 4 attempts in 7.2 s (exhausted)`. The alternate form,
    /// `{:#}`, adds a line for each attempt.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (made, total) = (self.attempts_made(), Rounded(self.total));
        let plural = if made == 1 { "" } else { "s" };
        match self.reason {
            StopReason::Success => write!(f, "succeeded at attempt {made} in {total}"),
            reason => write!(f, "gave up after {made} attempt{plural} in {total} ({reason})"),
        }?;
        if f.alternate() { self.write_attempts(f) } else { Ok(()) }
    }
}

impl Report {
    /// Writes a line for each attempt.
    #[inline]
    pub(super) fn write_attempts(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.omitted > 0 {
            write!(f, "\n  {} attempts before are not kept", self.omitted)?;
        }
        self.attempts.iter().try_for_each(|attempt| write!(f, "\n  {attempt}"))
    }
}

impl fmt::Display for AttemptRecord {
    /// One line: `attempt 2 after 1.3 s, 12 ms long: connection refused (transient); 2 s of backoff`.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "attempt {} after {}", self.number, Rounded(self.started))?;
        if let Some(duration) = self.duration {
            write!(f, ", {} long", Rounded(duration))?;
        }
        write!(f, ": {}", self.error.as_deref().unwrap_or("succeeded"))?;
        if let Some(kind) = self.kind {
            write!(f, " ({kind})")?;
        }
        match self.delay {
            Some(delay) => write!(f, "; {} of {}", Rounded(delay.length), delay.source.name()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_an_attempt_is_counted_back_from_the_end_of_the_call() {
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
