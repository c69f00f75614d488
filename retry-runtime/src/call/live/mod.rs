//! Calls that are being retried right now: who waits, for what, until when; and how to cancel or hurry them.
//!
//! A call is listed from its first sleep to its end. One that succeeds at once, or that is repeated without
//! any delay, is not. Its [`LiveCall`] can be [cancelled](LiveCall::cancel) and told to
//! [try again now](LiveCall::retry_now).
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
//! assert_eq!(call.join().unwrap().unwrap_err().to_string(), "the call was cancelled");
//! ```

mod entry;
mod list;
#[cfg(all(test, retry_loom))]
mod models;
mod watch;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use entry::Answer;
pub(crate) use entry::{Entry, Order, Pause};
pub(crate) use list::Ticket;
pub use watch::{Changed, Watch, watch};

use crate::base::clock;
use crate::base::clock::Moment;
use crate::failure::class::Kind;

/// The calls that are being retried, in the order in which they failed for the first time.
pub fn calls() -> Vec<LiveCall> {
    list::all().into_iter().map(LiveCall).collect()
}

/// The call of this number, as long as it is listed.
pub fn call(id: u64) -> Option<LiveCall> {
    list::find(id).map(LiveCall)
}

/// How many calls are being retried.
pub fn count() -> usize {
    list::count()
}

/// A call that is being retried, or was when it was asked for.
///
/// What it says is always the newest; two questions in a row may be answered before and after a change.
#[derive(Clone)]
pub struct LiveCall(Arc<Entry>);

impl LiveCall {
    /// The call's number, the same as in its [events](crate::events) and that of no other call of the process.
    pub fn id(&self) -> u64 {
        self.0.id
    }

    /// The annotated function's name; empty for a call without one ([`Policy::call`](crate::Policy::call)).
    pub fn name(&self) -> &'static str {
        self.0.name
    }

    /// The number of the attempt that failed last or runs now, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.look(|state| state.attempt)
    }

    /// How many attempts there may be; `None` when only the deadline limits them.
    pub fn limit(&self) -> Option<u32> {
        self.0.limit
    }

    /// Whether it sleeps before its next attempt. It does not when an attempt runs and when it has ended.
    pub fn is_waiting(&self) -> bool {
        self.next_attempt_at().is_some()
    }

    /// Whether the call has ended.
    pub fn has_ended(&self) -> bool {
        self.0.look(|state| state.ended)
    }

    /// When the next attempt starts; `None` when the call does not wait.
    pub fn next_attempt_at(&self) -> Option<Instant> {
        self.0.look(|state| state.until).map(Moment::instant)
    }

    /// The time until the next attempt; `None` when the call does not wait.
    pub fn next_attempt_in(&self) -> Option<Duration> {
        let until = self.next_attempt_at()?;
        Some(until.saturating_duration_since(clock::now()))
    }

    /// The last failure in words, shortened and redacted as in the history.
    pub fn last_error(&self) -> Arc<str> {
        self.0.look(|state| state.error.clone())
    }

    /// What the last failure meant.
    pub fn last_kind(&self) -> Kind {
        self.0.look(|state| state.kind)
    }

    /// When the whole call must have ended; `None` when there is no deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline.map(Moment::instant)
    }

    /// Ends the call with [`StopReason::Cancelled`](crate::StopReason::Cancelled): at once when it waits,
    /// and when the running attempt has failed otherwise.
    ///
    /// A call that waits returns [`Interruption::Cancelled`](crate::Interruption::Cancelled). One that ends
    /// after its attempt returns that attempt's own failure, or its success.
    pub fn cancel(&self) -> Answer {
        self.0.cancel()
    }

    /// Ends the sleep: the next attempt starts now. Its delay has no influence on the next ones.
    pub fn retry_now(&self) -> Answer {
        self.0.retry_now()
    }
}

impl fmt::Debug for LiveCall {
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
    /// One line: `billing::charge: attempt 2 of 4 in 1.5 s, after: connection refused`.
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
        write!(f, ", after: {}", self.last_error())
    }
}
