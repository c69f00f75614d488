//! One listed call: the state that it shares with whoever wants to cancel or hurry it.
//!
//! Everything that can race is decided under one lock: a wish counts when it comes before the call has
//! taken note of the end of its sleep, and whoever made it knows from the answer.

use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::base::clock::Moment;
use crate::base::sync::{Mutex, MutexGuard};
use crate::failure::class::Kind;

/// What became of a wish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Answer {
    /// It is granted: the sleep ends at once. Whoever asks afterwards is too late.
    Done,
    /// The call is cancelled when the attempt that runs, or is waited for, has failed: an attempt that runs is
    /// not cut off, and the error type of an `async` function without `From<Interruption>` cannot say
    /// that the call was cancelled.
    AfterAttempt,
    /// The call has ended, is cancelled already, or does not wait.
    TooLate,
}

/// A call that is being retried.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(super) id: u64,
    pub(super) name: &'static str,
    pub(super) limit: Option<u32>,
    pub(super) deadline: Option<Moment>,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(super) struct State {
    pub(super) attempt: u32,
    /// When the sleep ends; `None` when the call does not sleep.
    pub(super) until: Option<Moment>,
    pub(super) error: Arc<str>,
    pub(super) kind: Kind,
    pub(super) ended: bool,
    /// Whether the sleep can be ended by a cancellation.
    cancellable: bool,
    cancelled: bool,
    hurried: bool,
    waker: Option<Waker>,
}

/// A sleep that begins.
#[derive(Clone, Debug)]
pub(crate) struct Pause {
    pub(crate) attempt: u32,
    pub(crate) until: Moment,
    pub(crate) error: Arc<str>,
    pub(crate) kind: Kind,
    /// Whether the call can end in this sleep.
    pub(crate) cancellable: bool,
}

/// What somebody wants of a sleeping call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Cancel,
    RetryNow,
}

impl Entry {
    pub(super) fn new(
        id: u64,
        name: &'static str,
        limit: Option<u32>,
        deadline: Option<Moment>,
        pause: Pause,
    ) -> Self {
        let Pause { attempt, until, error, kind, cancellable } = pause;
        let state = State {
            attempt,
            until: Some(until),
            error,
            kind,
            ended: false,
            cancellable,
            cancelled: false,
            hurried: false,
            waker: None,
        };
        Entry { id, name, limit, deadline, state: Mutex::new(state) }
    }

    pub(super) fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        at(&self.lock())
    }

    /// The call sleeps again.
    pub(crate) fn pause(&self, pause: Pause) {
        let Pause { attempt, until, error, kind, cancellable } = pause;
        let mut state = self.lock();
        state.attempt = attempt;
        state.until = Some(until);
        state.error = error;
        state.kind = kind;
        state.cancellable = cancellable;
        state.hurried = false;
    }

    /// Whether the call was cancelled while its attempt ran.
    pub(crate) fn is_cancelled(&self) -> bool {
        self.look(|state| state.cancelled)
    }

    /// Asked by the sleeping call: is there an order? Wakes the task when one comes.
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

    /// The sleep has ended. An order that came before counts.
    pub(crate) fn wake(&self) -> Option<Order> {
        let mut state = self.lock();
        let order = state.order();
        state.wake_up();
        order
    }

    /// An attempt starts.
    pub(crate) fn begin(&self, attempt: u32) {
        let mut state = self.lock();
        state.attempt = attempt;
        // Where there was no sleep to wake up from.
        state.wake_up();
    }

    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.until = None;
        state.ended = true;
        state.waker = None;
    }

    pub(super) fn cancel(&self) -> Answer {
        let mut state = self.lock();
        if state.ended || state.cancelled {
            return Answer::TooLate;
        }
        state.cancelled = true;
        // Who was told to hurry before is on its way.
        if state.until.is_none() || !state.cancellable || state.hurried {
            return Answer::AfterAttempt;
        }
        Self::wake_task(state);
        Answer::Done
    }

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

    /// Wakes the sleeping task, which may run at once: not under the lock.
    fn wake_task(mut state: MutexGuard<'_, State>) {
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The order that holds: the one that was given first.
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
