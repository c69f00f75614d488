//! What happens in retried calls, as it happens: for logs, metrics and pages.
//!
//! [`observe`] calls a function at each event, on the thread of the call; [`stream`] collects them for a
//! reader elsewhere. With the feature `tracing`, on by default, the same events are `tracing` events of
//! the target `retry_runtime`; [`set_level`] changes their levels.
//!
//! | event | says | level |
//! |---|---|---|
//! | `call.started` | a call begins * | trace |
//! | `attempt.started` | an attempt begins (the first one *) | trace |
//! | `attempt.finished` | an attempt has ended (a success at once *) | debug; trace after a success |
//! | `retry.scheduled` | it failed, and the next one starts after this delay | warn |
//! | `retry.suppressed` | it failed, and this forbids another one: budget, breaker, deadline, idempotency … | debug |
//! | `call.finished` | a call has ended (a success at once *) | warn; info after a retry that helped; debug for permanent failures and cancellations |
//! | `breaker.transition` | a breaker has changed its state | warn |
//! | `breaker.rejected` | a breaker has refused an attempt | debug |
//! | `budget.exhausted` | a budget has refused a retry; once a minute for each function | warn |
//! | `config.applied` | a configuration has taken effect, and what it changed | info |
//!
//! \* A call that succeeds at once costs nothing while nobody listens, and then has no events. An observer
//! or a stream listens; `tracing` alone does not, unless [`trace_successes`] says so.
//!
//! No listener can hold up a call or fail it. A panic of an observer ends where it is called, and is
//! counted. A stream whose reader is behind drops its oldest events, and counts them. Calls that an observer
//! makes are told to streams and to `tracing`, and to no observer.
//!
//! ```
//! use retry_runtime::{events, retryable};
//!
//! #[retryable(max = 1, base = "0s", on = any, name = "docs::fetch")]
//! fn fetch() -> Result<u32, String> {
//!     Err("connection refused".into())
//! }
//!
//! let mut stream = events::stream(100);
//! fetch().unwrap_err();
//!
//! let told: Vec<String> = std::iter::from_fn(|| stream.try_recv())
//!     .filter(|event| event.site() == Some("docs::fetch"))
//!     .map(|event| format!("{}: {event}", event.name()))
//!     .collect();
//! assert_eq!(
//!     told[..4],
//!     [
//!         "call.started: call started",
//!         "attempt.started: attempt 1 of 2 started",
//!         "attempt.finished: attempt 1 of 2 failed (transient): connection refused",
//!         "retry.scheduled: attempt 1 of 2 failed (transient), the next one starts in 0 ms: connection refused",
//!     ]
//! );
//! ```

use std::fmt;
use std::sync::Arc;

use crate::event::{self, Listener, Observer, Queue, To};
pub use crate::event::{
    AttemptFinished, AttemptStarted, BreakerRejected, BreakerTransition, BudgetExhausted,
    CallFinished, CallStarted, Change, ConfigApplied, Event, EventKind, Events, Label, Recv,
    RetryScheduled, RetrySuppressed, UnknownEvent,
};

/// Calls `observer` at each event, until the guard is dropped.
///
/// It runs on the thread of the call, which goes on when it returns: it should be quick, and must not
/// block. It may make retryable calls, and attach or detach observers.
///
/// ```
/// use retry_runtime::events::{self, Event};
///
/// let guard = events::observe(|event| {
///     if let Event::RetryScheduled(retry) = event {
///         eprintln!("{}: retry {} in {:?}", retry.site, retry.attempt, retry.delay.length);
///     }
/// });
/// assert_eq!(guard.panics(), 0);
/// ```
pub fn observe(observer: impl Fn(&Event) + Send + Sync + 'static) -> ObserverGuard {
    ObserverGuard::attach(To::Observer(Arc::new(Observer::new(observer))), true)
}

/// [`observe`] without the [events of calls that succeed at once](Event::is_routine), which go on to cost
/// nothing: for whoever wants to know of failures and retries alone.
///
/// ```
/// use retry_runtime::events;
///
/// let _guard = events::observe_retries(|event| eprintln!("{}: {event}", event.name()));
/// ```
pub fn observe_retries(observer: impl Fn(&Event) + Send + Sync + 'static) -> ObserverGuard {
    ObserverGuard::attach(To::Observer(Arc::new(Observer::new(observer))), false)
}

/// Collects the events from now on, at most `capacity` of them at a time (at least 1).
///
/// ```
/// # use retry_runtime::events;
/// let mut events = events::stream(1024);
/// std::thread::spawn(move || {
///     while let Some(event) = events.recv_timeout(std::time::Duration::from_millis(1)) {
///         println!("{}: {event}", event.name());
///     }
/// });
/// ```
pub fn stream(capacity: usize) -> Events {
    collect(capacity, true)
}

/// [`stream`] without the [events of calls that succeed at once](Event::is_routine), which go on to cost
/// nothing.
pub fn stream_retries(capacity: usize) -> Events {
    collect(capacity, false)
}

fn collect(capacity: usize, routine: bool) -> Events {
    let queue = Arc::new(Queue::new(capacity));
    event::attach(Listener { to: To::Stream(Arc::clone(&queue)), routine });
    Events::new(queue)
}

/// Has `tracing` told of calls that succeed at once, too, until the guard is dropped.
pub fn trace_successes() -> ObserverGuard {
    ObserverGuard::attach(To::Tracing(Arc::new(())), true)
}

/// Sets the level of an event in `tracing`, whatever it says; `LevelFilter::OFF` leaves it out.
///
/// ```
/// use retry_runtime::events::{self, EventKind};
/// use tracing::Level;
///
/// events::set_level(EventKind::RetryScheduled, Level::INFO);
/// events::set_level("breaker.rejected".parse()?, Level::WARN);
/// # Ok::<(), events::UnknownEvent>(())
/// ```
#[cfg(feature = "tracing")]
pub fn set_level(kind: EventKind, level: impl Into<tracing::level_filters::LevelFilter>) {
    event::set_level(kind, Some(level.into()));
}

/// Gives an event back the level that it has of its own.
#[cfg(feature = "tracing")]
pub fn reset_level(kind: EventKind) {
    event::set_level(kind, None);
}

/// Keeps an observer attached; dropping it detaches the observer.
///
/// A call on another thread that is telling it something at that moment finishes doing so.
#[must_use = "dropped, it detaches the observer"]
pub struct ObserverGuard {
    to: To,
}

impl ObserverGuard {
    fn attach(to: To, routine: bool) -> Self {
        event::attach(Listener { to: to.clone(), routine });
        ObserverGuard { to }
    }

    /// How often the observer has panicked.
    pub fn panics(&self) -> u64 {
        match &self.to {
            To::Observer(observer) => observer.panics(),
            _ => 0,
        }
    }

    /// Leaves the observer attached for the rest of the process's life.
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for ObserverGuard {
    fn drop(&mut self) {
        event::detach(&self.to);
    }
}

impl fmt::Debug for ObserverGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserverGuard").field("panics", &self.panics()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_stopped_listening_is_let_go() {
        let events = stream(1);
        let queue = Arc::downgrade(events.queue());
        assert!(event::wanted());
        drop(events);
        eventually("the queue is gone", || queue.strong_count() == 0);

        let kept = Arc::new(());
        let observed = Arc::clone(&kept);
        let guard = observe(move |_| drop(Arc::clone(&observed)));
        drop(guard);
        eventually("the observer is gone", || Arc::strong_count(&kept) == 1);
    }

    /// Whoever tells an event holds all who listen until it is told, and other tests tell events.
    #[track_caller]
    fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
        for _ in 0..12_000 {
            if holds() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("not within a minute: {what}");
    }
}
