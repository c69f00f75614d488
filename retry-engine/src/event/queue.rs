//! A bounded queue of events for one reader. Adding an event never waits for the reader.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard};
use std::task::Waker;

use super::vocabulary::Event;
use crate::base::border;
use crate::base::sync::lock;

/// The queue between the calls and the reader of one stream.
#[derive(Debug)]
pub(crate) struct Queue {
    state: Mutex<Waiting>,
    /// Wakes a reader that blocks.
    pub(super) arrived: Condvar,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) events: VecDeque<Event>,
    pub(super) capacity: usize,
    pub(super) dropped: u64,
    /// Wakes a reader that awaits.
    pub(super) waker: Option<Waker>,
}

impl Queue {
    #[inline]
    pub(crate) fn new(capacity: usize) -> Self {
        let events = VecDeque::new();
        let state = Waiting { events, capacity: capacity.max(1), dropped: 0, waker: None };
        Queue { state: Mutex::new(state), arrived: Condvar::new() }
    }

    /// Adds an event. When the queue is full, the oldest event is dropped and counted.
    pub(crate) fn push(&self, event: &Event) {
        let mut state = self.lock();
        let full = state.events.len() == state.capacity;
        let oldest = if full { state.events.pop_front() } else { None };
        state.dropped += u64::from(full);
        state.events.push_back(event.clone());
        let waker = state.waker.take();
        drop(state);
        self.arrived.notify_one();
        if let Some(waker) = waker {
            border::wake(waker);
        }
        drop(oldest);
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.state)
    }
}
