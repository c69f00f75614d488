//! The reading end of a queue of events.

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

/// A stream of the process's events since it was created by [`stream`](crate::events::stream) or
/// [`stream_retries`](crate::events::stream_retries).
///
/// The events of one call are in order. When the reader falls behind and the queue is full, the oldest events are
/// dropped and [counted](Events::dropped). The stream never ends; dropping it detaches it.
///
/// With the feature `stream` it implements [`Stream`](https://docs.rs/futures-core/latest/futures_core/stream/trait.Stream.html).
///
/// ```
/// use retry_runtime::events;
/// use std::time::Duration;
///
/// let mut events = events::stream(1024);
/// while let Some(event) = events.recv_timeout(Duration::from_millis(1)) {
///     println!("{}: {event}", event.name());
/// }
/// assert_eq!((events.len(), events.dropped()), (0, 0));
/// ```
pub struct Events {
    queue: Arc<Queue>,
}

impl Events {
    #[inline]
    pub(crate) fn new(queue: Arc<Queue>) -> Self {
        Events { queue }
    }

    #[cfg(test)]
    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    /// Waits for the next event.
    ///
    /// # Cancel safety
    ///
    /// This method is cancel safe: dropping the future loses no event.
    #[inline]
    pub fn recv(&mut self) -> Recv<'_> {
        Recv { events: self }
    }

    /// Takes the next event; `None` when the queue is empty.
    #[inline]
    pub fn try_recv(&mut self) -> Option<Event> {
        self.queue.lock().events.pop_front()
    }

    /// Blocks the thread until the next event arrives; `None` after `timeout` without one. Do not use it in `async`
    /// code.
    #[inline]
    pub fn recv_timeout(&mut self, timeout: Duration) -> Option<Event> {
        let state = self.queue.lock();
        let waited =
            self.queue.arrived.wait_timeout_while(state, timeout, |state| state.events.is_empty());
        unpoisoned(waited).0.events.pop_front()
    }

    /// The number of events that were dropped because the reader fell behind.
    #[inline]
    pub fn dropped(&self) -> u64 {
        self.queue.lock().dropped
    }

    /// The number of events in the queue.
    #[inline]
    pub fn len(&self) -> usize {
        self.queue.lock().events.len()
    }

    /// Whether the queue is empty.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Event> {
        // Cloned and dropped outside the lock: a waker may run any code.
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
    #[inline]
    fn drop(&mut self) {
        detach(&To::Stream(Arc::clone(&self.queue)));
    }
}

impl fmt::Debug for Events {
    #[inline]
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
///
/// ```
/// # use retry_runtime::{events, retryable};
/// # #[retryable(max = 0, name = "docs::recv")]
/// # async fn connect() -> std::io::Result<()> { Err(std::io::ErrorKind::ConnectionRefused.into()) }
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let mut events = events::stream(1024);
/// # connect().await.unwrap_err();
/// let event = events.recv().await;
/// println!("{}: {event}", event.name());
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "futures do nothing unless you `.await` or poll them"]
pub struct Recv<'a> {
    events: &'a mut Events,
}

impl Future for Recv<'_> {
    type Output = Event;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Event> {
        self.get_mut().events.poll_recv(cx)
    }
}
