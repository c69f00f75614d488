//! The stream of events that one reader takes out of its queue.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::delivery::{To, detach};
use super::queue::Queue;
use super::vocabulary::Event;
use crate::base::sync::unpoisoned;

/// The events of the process from the moment on at which the stream was made, in their order for each call.
///
/// Made by [`stream`](crate::events::stream). It holds as many events as it was made for; when the reader
/// falls behind the oldest ones are dropped and [counted](Events::dropped). Dropping it ends the
/// listening. It never ends by itself.
///
/// With the feature `stream` it is a [`Stream`](https://docs.rs/futures-core/latest/futures_core/stream/trait.Stream.html) as well.
pub struct Events {
    queue: Arc<Queue>,
}

impl Events {
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Events { queue }
    }

    #[cfg(test)]
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// The next event, awaited.
    ///
    /// # Cancel safety
    ///
    /// An event that a dropped future has not returned is the next one's.
    pub fn recv(&mut self) -> Recv<'_> {
        Recv { events: self }
    }

    /// The next event if there is one already.
    pub fn try_recv(&mut self) -> Option<Event> {
        self.queue.lock().events.pop_front()
    }

    /// The next event, for which the thread waits so long; `None` when none came. Not for `async` code.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Event> {
        let state = self.queue.lock();
        let waited =
            self.queue.arrived.wait_timeout_while(state, timeout, |state| state.events.is_empty());
        unpoisoned(waited).0.events.pop_front()
    }

    /// How many events were dropped so far because the reader was behind.
    pub fn dropped(&self) -> u64 {
        self.queue.lock().dropped
    }

    /// How many events are there to be read.
    pub fn len(&self) -> usize {
        self.queue.lock().events.len()
    }

    /// Whether there is none to be read.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        // Made before the lock is taken: a waker is anybody's code.
        let waker = cx.waker().clone();
        let mut state = self.queue.lock();
        let before = match state.events.pop_front() {
            Some(event) => return Poll::Ready(event),
            None => state.waker.replace(waker),
        };
        drop(state);
        drop(before);
        Poll::Pending
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        detach(&To::Stream(Arc::clone(&self.queue)));
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.queue.lock();
        f.debug_struct("Events")
            .field("len", &state.events.len())
            .field("capacity", &state.capacity)
            .field("dropped", &state.dropped)
            .finish()
    }
}

#[cfg(feature = "stream")]
impl futures_core::Stream for Events {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().poll_recv(cx).map(Some)
    }
}

/// The future of [`Events::recv`].
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Recv<'a> {
    events: &'a mut Events,
}

impl Future for Recv<'_> {
    type Output = Event;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        self.get_mut().events.poll_recv(cx)
    }
}
