//! One listed call: the state that the call shares with those who may cancel it or retry it now.
//!
//! All races are decided under one lock: an order counts if it comes before the call has noted the end of its sleep, and
//! the answer says whether it did.

use std::mem;
use std::num::NonZeroU32;
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
    pub(super) call: Listed,
    state: Mutex<EntryState>,
}

/// The facts about a listed call that do not change.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    pub(crate) site: &'static Site,
    pub(crate) deadline: Option<Moment>,
    /// The moment of the first sleep.
    pub(crate) since: Moment,
}

#[derive(Debug)]
pub(super) struct EntryState {
    pub(super) attempt: u32,
    /// The number of the last attempt that the policy allows, which a healthy attempt raises.
    limit: Option<NonZeroU32>,
    /// The call's slot in the list.
    slot: u32,
    stage: Stage,
    /// When the last sleep ends, or ended.
    until: Moment,
    /// The last failure.
    pub(super) error: Box<str>,
    pub(super) kind: Kind,
    cancelled: bool,
    hurried: bool,
    waker: Option<Waker>,
}

/// The stage of a listed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// The call sleeps; a cancellation ends the sleep if its error can be made from an interruption.
    Sleeps {
        cancellable: bool,
    },
    /// The call makes an attempt, or is about to.
    Runs,
    Ended,
}

/// A sleep of a call, and the failure before it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pause<'e> {
    pub(crate) attempt: u32,
    pub(crate) limit: Option<u32>,
    /// When the sleep ends.
    pub(crate) until: Moment,
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
    /// The entry of a call that begins its first sleep, in this slot of the list.
    pub(super) fn new(call: Listed, slot: u32, pause: Pause<'_>) -> Self {
        let state = EntryState {
            attempt: 0,
            limit: None,
            slot,
            stage: Stage::Runs,
            until: pause.until,
            error: Box::default(),
            kind: pause.kind,
            cancelled: false,
            hurried: false,
            waker: None,
        };
        let mut entry = Entry { call, state: Mutex::new(state) };
        entry.renew(call, slot, pause);
        entry
    }

    /// Makes this entry, which nobody else has, that of another call.
    pub(super) fn renew(&mut self, call: Listed, slot: u32, pause: Pause<'_>) {
        self.call = call;
        let state = unpoisoned(self.state.get_mut());
        (state.slot, state.cancelled) = (slot, false);
        state.pause(pause);
    }

    pub(super) fn look<T>(&self, at: impl FnOnce(&EntryState) -> T) -> T {
        at(&self.lock())
    }

    /// The call begins another sleep.
    pub(crate) fn pause(&self, pause: Pause<'_>) {
        self.lock().pause(pause);
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

    /// The call has ended. Returns its slot in the list.
    #[inline]
    pub(super) fn end(&self) -> u32 {
        let mut state = self.lock();
        state.stage = Stage::Ended;
        let (slot, waker) = (state.slot, state.waker.take());
        // Dropped outside the lock: a waker may run any code.
        drop(state);
        drop(waker);
        slot
    }

    #[inline]
    pub(super) fn cancel(&self) -> Answer {
        let mut state = self.lock();
        if state.has_ended() || state.cancelled {
            return Answer::TooLate;
        }
        state.cancelled = true;
        // A call that was ordered to retry now is about to start its attempt.
        if !state.is_cancellable() || state.hurried {
            return Answer::AfterAttempt;
        }
        Self::wake_task(state);
        Answer::Done
    }

    #[inline]
    pub(super) fn retry_now(&self) -> Answer {
        let mut state = self.lock();
        if state.until().is_none() || state.order().is_some() {
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
    fn pause(&mut self, pause: Pause<'_>) {
        let Pause { attempt, limit, until, error, kind, cancellable } = pause;
        (self.attempt, self.limit) = (attempt, limit.and_then(NonZeroU32::new));
        (self.stage, self.until) = (Stage::Sleeps { cancellable }, until);
        // Most calls fail with the same error again.
        if *self.error != *error {
            // In the same memory, if it has the same length: numbers and addresses differ.
            let mut text = mem::take(&mut self.error).into_string();
            text.clear();
            text.push_str(error);
            self.error = text.into_boxed_str();
        }
        self.kind = kind;
        self.hurried = false;
    }

    /// The number of the last attempt that the policy allows.
    #[inline]
    pub(super) fn limit(&self) -> Option<u32> {
        self.limit.map(NonZeroU32::get)
    }

    /// When the sleep ends; `None` when the call does not sleep.
    #[inline]
    pub(super) fn until(&self) -> Option<Moment> {
        matches!(self.stage, Stage::Sleeps { .. }).then_some(self.until)
    }

    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.stage == Stage::Ended
    }

    /// Whether a cancellation ends the sleep.
    fn is_cancellable(&self) -> bool {
        self.stage == Stage::Sleeps { cancellable: true }
    }

    /// The order that counts: the first one.
    fn order(&self) -> Option<Order> {
        if self.hurried {
            Some(Order::RetryNow)
        } else if self.cancelled && self.is_cancellable() {
            Some(Order::Cancel)
        } else {
            None
        }
    }

    fn wake_up(&mut self) {
        self.stage = Stage::Runs;
        self.waker = None;
        self.hurried = false;
    }
}
