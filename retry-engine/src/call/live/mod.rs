//! The calls that are being retried right now: their attempts, errors and delays; to list, cancel, or retry at once.
//!
//! A call is listed from its first sleep to its end. Calls that succeed at the first try or are retried without a delay
//! are not listed. A [`LiveCall`] can be [cancelled](LiveCall::cancel) or [retried now](LiveCall::retry_now).
//!
//! ```
//! use retry_runtime::{live, retryable};
//! use std::{io, thread, time::Duration};
//!
//! #[retryable(max = 3, base = "1h", cap = "1h", jitter = none, name = "docs::live")]
//! fn connect() -> io::Result<()> { Err(io::ErrorKind::ConnectionRefused.into()) }
//!
//! let call = thread::spawn(connect);
//! let waiting = loop {
//!     match live::calls().into_iter().find(|call| call.name() == "docs::live") {
//!         Some(waiting) => break waiting,
//!         None => thread::yield_now(),
//!     }
//! };
//! assert_eq!((waiting.attempt(), waiting.limit()), (1, Some(4)));
//! assert_eq!(&*waiting.last_error(), "connection refused");
//! assert!(waiting.next_attempt_in().expect("it waits") > Duration::from_secs(3_000));
//!
//! assert_eq!(waiting.cancel(), live::Answer::Done);
//! let error = call.join().unwrap().unwrap_err();
//! assert_eq!(error.to_string(), "the call was cancelled; before that: connection refused");
//! ```

mod entry;
mod list;
#[cfg(all(test, retry_loom))]
mod models;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use entry::Answer;
pub(crate) use entry::{Entry, Listed, Order, Pause};
pub(crate) use list::Ticket;
pub use watch::{Changed, Watch, watch};

use crate::base::clock::{self, Moment};
use crate::base::line::OneLine;
use crate::base::time::Instant;
use crate::failure::class::Kind;

/// The calls that are being retried, in the order of their first failures.
///
/// ```
/// for call in retry_runtime::live::calls() {
///     println!("{call}"); // billing::charge: attempt 2 of 4 in 1.5 s, after: connection refused
/// }
/// ```
#[inline]
pub fn calls() -> Vec<LiveCall> {
    list::all().into_iter().map(LiveCall).collect()
}

/// The call with this number; `None` if it is not listed.
///
/// ```
/// use retry_runtime::live;
///
/// let id = 7; // from an event, or from a page that lists the calls
/// match live::call(id) {
///     Some(call) => println!("{:?}", call.cancel()),
///     None => println!("the call has ended"),
/// }
/// ```
#[inline]
pub fn call(id: u64) -> Option<LiveCall> {
    list::find(id).map(LiveCall)
}

/// The number of calls that are being retried, of the functions of this name.
pub(crate) fn count_of(name: &str) -> u64 {
    list::count_of(name)
}

/// The number of calls that are being retried.
///
/// ```
/// assert_eq!(retry_runtime::live::count(), 0); // nothing is being retried
/// ```
#[inline]
pub fn count() -> usize {
    list::count()
}

/// A call that is being retried, or was when this value was returned.
///
/// Each method returns the current state, so two methods in a row may see different states.
///
/// ```
/// for call in retry_runtime::live::calls() {
///     println!("{} failed with {}", call.name(), call.last_error());
///     if let Some(time) = call.next_attempt_in() {
///         println!("attempt {} begins in {time:?}", call.attempt() + 1);
///     }
/// }
/// ```
#[derive(Clone)]
pub struct LiveCall(Arc<Entry>);

impl LiveCall {
    /// The call's number, which is unique in the process and the same as in its [events](crate::events).
    #[inline]
    pub fn id(&self) -> u64 {
        self.0.call.id
    }

    /// The annotated function's name; empty for a call without one ([`Policy::call`](crate::Policy::call)).
    #[inline]
    pub fn name(&self) -> &'static str {
        self.0.call.site.name()
    }

    /// The number of the attempt that runs now or failed last, from 1.
    #[inline]
    pub fn attempt(&self) -> u32 {
        self.0.look(|state| state.attempt)
    }

    /// The maximum number of attempts; `None` if only the deadline limits them.
    #[inline]
    pub fn limit(&self) -> Option<u32> {
        self.0.look(|state| state.limit())
    }

    /// Whether the call sleeps before its next attempt. False while an attempt runs and after the call has ended.
    #[inline]
    pub fn is_waiting(&self) -> bool {
        self.next_attempt_at().is_some()
    }

    /// Whether the call has ended.
    #[inline]
    pub fn has_ended(&self) -> bool {
        self.0.look(|state| state.has_ended())
    }

    /// When the next attempt starts; `None` if the call does not sleep.
    #[inline]
    pub fn next_attempt_at(&self) -> Option<Instant> {
        self.0.look(|state| state.until()).map(Moment::instant)
    }

    /// The time until the next attempt; `None` if the call does not sleep.
    #[inline]
    pub fn next_attempt_in(&self) -> Option<Duration> {
        let until = self.next_attempt_at()?;
        Some(until.saturating_duration_since(clock::now()))
    }

    /// The description of the last failure, shortened and redacted as in reports.
    #[inline]
    pub fn last_error(&self) -> Arc<str> {
        self.0.look(|state| Arc::from(&*state.error))
    }

    /// The kind of the last failure.
    #[inline]
    pub fn last_kind(&self) -> Kind {
        self.0.look(|state| state.kind)
    }

    /// When the whole call must have ended; `None` without a deadline.
    #[inline]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.call.deadline.map(Moment::instant)
    }

    /// When the call was listed: at the sleep after its first failure.
    #[inline]
    pub fn since(&self) -> Instant {
        self.0.call.since.instant()
    }

    /// Whether the call was cancelled and ends with its running attempt.
    #[inline]
    pub fn is_cancelling(&self) -> bool {
        !self.has_ended() && self.0.is_cancelled()
    }

    /// Ends the call with [`StopReason::Cancelled`](crate::StopReason::Cancelled): at once if it sleeps, otherwise when
    /// the running attempt has failed.
    ///
    /// A sleeping call returns [`Interruption::Cancelled`](crate::Interruption::Cancelled). A call that ends after its
    /// attempt returns that attempt's own failure or success.
    #[inline]
    pub fn cancel(&self) -> Answer {
        self.0.cancel()
    }

    /// Ends the sleep: the next attempt starts now. Later delays are not affected.
    #[inline]
    pub fn retry_now(&self) -> Answer {
        self.0.retry_now()
    }
}

impl fmt::Debug for LiveCall {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveCall")
            .field("id", &self.id())
            .field("name", &self.name())
            .field("attempt", &self.attempt())
            .field("limit", &self.limit())
            .field("next_attempt_in", &self.next_attempt_in())
            .field("last_error", &self.last_error())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for LiveCall {
    /// One line: `billing::charge: attempt 2 of 4 in 1.5 s, after: connection refused`. Control characters of the error are
    /// escaped.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempt, wait) = (self.attempt(), self.next_attempt_in());
        let next = if wait.is_some() { attempt.saturating_add(1) } else { attempt };
        write!(f, "{}: attempt {next}", self.name())?;
        if let Some(limit) = self.limit() {
            write!(f, " of {limit}")?;
        }
        match wait {
            Some(wait) => write!(f, " in {:.1} s", wait.as_secs_f64())?,
            None => write!(f, " is running")?,
        }
        write!(f, ", after: {}", OneLine(self.last_error()))
    }
}
