//! One listed call: the state that the call shares with those who may cancel it or retry it now.
//!
//! All races are decided under one lock: an order counts if it comes before the call has noted the end of its sleep, and
//! the answer says whether it did.

use std::task::{Context, Poll, Waker};

use crate::base::border;
use crate::base::clock::Moment;
use crate::base::sync::{Mutex, MutexGuard, unpoisoned};
use crate::failure::class::Kind;
use crate::site::Site;

/// The result of a request to cancel a call or to retry it now.
///
/// ```
/// use retry_runtime::live::{self, Answer};
///
/// for call in live::calls() {
///     match call.retry_now() {
///         Answer::Done => println!("{} tries again now", call.name()),
///         Answer::AfterAttempt | Answer::TooLate => println!("{} does not wait", call.name()),
///         _ => {}
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// The request has an effect: the sleep ends at once. Later requests are [`TooLate`](Answer::TooLate).
    Done,
    /// The call will end when its running or next attempt has failed. A running attempt is not interrupted, and a sleep
    /// is not ended early if the error type has no `From<Interruption>`.
    AfterAttempt,
    /// The request has no effect: the call has ended, is already cancelled, or does not sleep.
    TooLate,
}

/// A call that is being retried.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) id: u64,
    pub(super) site: &'static Site,
    pub(super) deadline: Option<Moment>,
    /// The moment of the first sleep.
    pub(super) since: Moment,
    state: Mutex<EntryState>,
}

#[derive(Debug)]
pub(super) struct EntryState {
    pub(super) attempt: u32,
    /// The number of the last attempt that the policy allows, which a healthy attempt raises.
    pub(super) limit: Option<u32>,
    /// When the sleep ends; `None` when the call does not sleep.
    pub(super) until: Option<Moment>,
    /// The last failure.
    pub(super) error: Box<str>,
    pub(super) kind: Kind,
    cancellable: bool,
    pub(super) ended: bool,
    cancelled: bool,
    hurried: bool,
    waker: Option<Waker>,
}

/// A sleep of a call, and the failure before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause<'e> {
    pub(crate) attempt: u32,
    pub(crate) limit: Option<u32>,
    /// When the sleep ends.
    pub(crate) until: Option<Moment>,
    pub(crate) error: &'e str,
    pub(crate) kind: Kind,
    /// Whether a cancellation can end the sleep.
    pub(crate) cancellable: bool,
}

/// An order to a sleeping call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Cancel,
    RetryNow,
}

impl Entry {
    pub(crate) fn new(
        id: u64,
        site: &'static Site,
        since: Moment,
        deadline: Option<Moment>,
        pause: Pause<'_>,
    ) -> Self {
        let Pause { attempt, limit, until, error, kind, cancellable } = pause;
        let state = EntryState {
            attempt,
            limit,
            until,
            error: error.into(),
            kind,
            cancellable,
            ended: false,
            cancelled: false,
            hurried: false,
            waker: None,
        };
        Entry { id, site, deadline, since, state: Mutex::new(state) }
    }

    pub(super) fn look<T>(&self, at: impl FnOnce(&EntryState) -> T) -> T {
        at(&self.lock())
    }

    /// The call begins another sleep.
    pub(crate) fn pause(&self, pause: Pause<'_>) {
        let Pause { attempt, limit, until, error, kind, cancellable } = pause;
        let mut state = self.lock();
        (state.attempt, state.limit) = (attempt, limit);
        state.until = until;
        // Most calls fail with the same error again.
        if *state.error != *error {
            state.error = error.into();
        }
        state.kind = kind;
        state.cancellable = cancellable;
        state.hurried = false;
    }

    /// Whether the call was cancelled while its attempt ran.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.look(|state| state.cancelled)
    }

    /// Polled by the sleeping call: resolves to an order, and wakes the task when an order arrives.
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Order> {
        let mut state = self.lock();
        if let Some(order) = state.order() {
            state.wake_up();
            return Poll::Ready(order);
        }
        match &mut state.waker {
            Some(waker) => waker.clone_from(cx.waker()),
            none => *none = Some(cx.waker().clone()),
        }
        Poll::Pending
    }

    /// The sleep has ended. Returns the order that came before its end.
    pub(crate) fn wake(&self) -> Option<Order> {
        let mut state = self.lock();
        let order = state.order();
        state.wake_up();
        order
    }

    pub(crate) fn begin(&self, attempt: u32) {
        let mut state = self.lock();
        state.attempt = attempt;
        // A hook that used up the pause left no sleep, so nothing has called `wake`.
        state.wake_up();
    }

    #[inline]
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.until = None;
        state.ended = true;
        let waker = state.waker.take();
        // Dropped outside the lock: a waker may run any code.
        drop(state);
        drop(waker);
    }

    #[inline]
    pub(super) fn cancel(&self) -> Answer {
        let mut state = self.lock();
        if state.ended || state.cancelled {
            return Answer::TooLate;
        }
        state.cancelled = true;
        // A call that was ordered to retry now is about to start its attempt.
        if state.until.is_none() || !state.cancellable || state.hurried {
            return Answer::AfterAttempt;
        }
        Self::wake_task(state);
        Answer::Done
    }

    #[inline]
    pub(super) fn retry_now(&self) -> Answer {
        let mut state = self.lock();
        let on_its_way = state.hurried || (state.cancelled && state.cancellable);
        if state.ended || state.until.is_none() || on_its_way {
            return Answer::TooLate;
        }
        state.hurried = true;
        Self::wake_task(state);
        Answer::Done
    }

    /// Wakes the sleeping task after releasing the lock, since the task may run at once.
    #[inline]
    fn wake_task(mut state: MutexGuard<'_, EntryState>) {
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            border::wake(waker);
        }
    }

    fn lock(&self) -> MutexGuard<'_, EntryState> {
        unpoisoned(self.state.lock())
    }
}

impl EntryState {
    /// The order that counts: the first one.
    fn order(&self) -> Option<Order> {
        if self.hurried {
            Some(Order::RetryNow)
        } else if self.cancelled && self.cancellable {
            Some(Order::Cancel)
        } else {
            None
        }
    }

    fn wake_up(&mut self) {
        self.until = None;
        self.waker = None;
        self.hurried = false;
    }
}
