//! Attaching and detaching listeners.

use std::fmt;
use std::sync::Arc;

use super::delivery::{self, Listener, Observer, To};
use super::queue::Queue;
#[cfg(feature = "tracing")]
use super::rate;
use super::stream::Events;
#[cfg(feature = "tracing")]
use super::trace;
use super::vocabulary::Event;
#[cfg(feature = "tracing")]
use super::vocabulary::EventKind;

/// Calls `observer` with every event, until the guard is dropped.
///
/// The observer runs on the thread of the call, and the call continues when the observer returns: it should be
/// quick and must not block. It may call retryable functions, and attach or detach observers.
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

/// Calls `observer` with every event except [routine ones](Event::is_routine), until the guard is dropped.
///
/// Use this to learn of failures and retries: calls that succeed at the first try still cost nothing. Otherwise
/// it works like [`observe`].
///
/// ```
/// use retry_runtime::events;
///
/// let _guard = events::observe_retries(|event| eprintln!("{}: {event}", event.name()));
/// ```
pub fn observe_retries(observer: impl Fn(&Event) + Send + Sync + 'static) -> ObserverGuard {
    ObserverGuard::attach(To::Observer(Arc::new(Observer::new(observer))), false)
}

/// Collects all events from now on in a queue of `capacity` events, at least 1.
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
#[inline]
pub fn stream(capacity: usize) -> Events {
    collect(capacity, true)
}

/// Collects all events except [routine ones](Event::is_routine) in a queue of `capacity` events, at least 1.
///
/// Calls that succeed at the first try still cost nothing.
///
/// ```
/// # use retry_runtime::{events, retryable};
/// #[retryable(max = 1, base = "0s", name = "docs::stream_retries")]
/// fn connect() -> std::io::Result<()> {
///     Err(std::io::ErrorKind::ConnectionRefused.into())
/// }
///
/// let mut events = events::stream_retries(100);
/// connect().unwrap_err();
/// let first = events.try_recv().expect("the first attempt has failed");
/// assert_eq!(first.name(), "attempt.finished");
/// ```
#[inline]
pub fn stream_retries(capacity: usize) -> Events {
    collect(capacity, false)
}

#[inline]
fn collect(capacity: usize, routine: bool) -> Events {
    let queue = Arc::new(Queue::new(capacity));
    delivery::attach(Listener { to: To::Stream(Arc::clone(&queue)), routine });
    Events::new(queue)
}

/// Emits [routine events](Event::is_routine) to `tracing` too, until the guard is dropped.
///
/// ```
/// let _guard = retry_runtime::events::trace_successes();
/// // Until here, `tracing` is told of every call.
/// ```
#[inline]
pub fn trace_successes() -> ObserverGuard {
    ObserverGuard::attach(To::Tracing(Arc::new(())), true)
}

/// Puts a `tracing` span around the first attempt of each call, too, until the guard is dropped, so that a trace shows all
/// attempts alike.
///
/// The span of a first attempt has the name `attempt`, the level debug and the fields of the spans of retries: `site`, `call`,
/// `attempt` and `limit`. Calls that succeed at the first try cost a span then.
///
/// ```
/// let _guard = retry_runtime::events::trace_attempts();
/// // Until here, a trace has a span for every attempt.
/// ```
#[inline]
pub fn trace_attempts() -> ObserverGuard {
    ObserverGuard::attach(To::Spans(Arc::new(())), true)
}

/// Sets the `tracing` level of all events of a kind; `LevelFilter::OFF` turns them off.
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
    trace::set_level(kind, Some(level.into()));
}

/// Restores the default `tracing` levels of a kind of event.
///
/// ```
/// use retry_runtime::events::{self, EventKind};
/// use tracing::level_filters::LevelFilter;
///
/// events::set_level(EventKind::RetryScheduled, LevelFilter::OFF); // during a planned outage
/// events::reset_level(EventKind::RetryScheduled);
/// ```
#[cfg(feature = "tracing")]
pub fn reset_level(kind: EventKind) {
    trace::set_level(kind, None);
}

/// Sets how many events of a kind `tracing` gets in a second; `None` removes the limit, and 0 lets no event pass.
///
/// The limit holds for each function by itself, at every level; calls that succeed after a retry are counted apart. Events
/// without a function have a common limit. Events beyond the limit are counted: the next event of the kind that is written
/// has their number in the field `suppressed`, and when a call of the function starts after the second is over, an event
/// with the same name tells the number. Observers, streams, counts and the history have no limit.
///
/// Unless this function is called, the limit is 10 for events at info and more severe levels. There is none for
/// `breaker.transition`, `budget.exhausted` and `config.applied`, nor at debug and trace.
///
/// ```
/// use retry_runtime::events::{self, EventKind};
///
/// events::set_rate(EventKind::RetryScheduled, 100);
/// events::set_rate(EventKind::CallFinished, None);
/// # events::reset_rate(EventKind::RetryScheduled);
/// # events::reset_rate(EventKind::CallFinished);
/// ```
#[cfg(feature = "tracing")]
pub fn set_rate(kind: EventKind, events_a_second: impl Into<Option<u32>>) {
    rate::set_rate(kind, Some(events_a_second.into()));
}

/// Restores the default limit of events of a kind that `tracing` gets in a second.
///
/// ```
/// use retry_runtime::events::{self, EventKind};
///
/// events::set_rate(EventKind::CallFinished, 1000);
/// events::reset_rate(EventKind::CallFinished); // 10 a second again
/// ```
#[cfg(feature = "tracing")]
pub fn reset_rate(kind: EventKind) {
    rate::set_rate(kind, None);
}

/// An RAII guard that detaches the observer when it is dropped.
///
/// If the observer is running on another thread at that moment, it runs to its end.
///
/// ```
/// use retry_runtime::events;
///
/// let guard = events::observe_retries(|event| println!("{event}"));
/// drop(guard); // detaches it
/// events::observe_retries(|event| println!("{event}")).forever();
/// ```
#[must_use = "dropping the guard detaches the observer"]
pub struct ObserverGuard {
    to: To,
}

impl ObserverGuard {
    #[inline]
    fn attach(to: To, routine: bool) -> Self {
        delivery::attach(Listener { to: to.clone(), routine });
        ObserverGuard { to }
    }

    /// The number of times that the observer has panicked.
    #[inline]
    pub fn panics(&self) -> u64 {
        match &self.to {
            To::Observer(observer) => observer.panics(),
            _ => 0,
        }
    }

    /// Keeps the observer attached until the process ends.
    #[inline]
    pub fn forever(self) {
        std::mem::forget(self);
    }
}

impl Drop for ObserverGuard {
    #[inline]
    fn drop(&mut self) {
        delivery::detach(&self.to);
    }
}

impl fmt::Debug for ObserverGuard {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ObserverGuard").field("panics", &self.panics()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detached_listener_is_dropped() {
        let events = stream(1);
        let queue = Arc::downgrade(events.queue());
        assert!(delivery::wants_routine());
        drop(events);
        eventually("the queue is gone", || queue.strong_count() == 0);

        let kept = Arc::new(());
        let observed = Arc::clone(&kept);
        let guard = observe(move |_| drop(Arc::clone(&observed)));
        drop(guard);
        eventually("the observer is gone", || Arc::strong_count(&kept) == 1);
    }

    /// Waits, because other tests emit events, and delivery holds all listeners until it is done.
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
