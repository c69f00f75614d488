//! The future of a sleep.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, ready};

use super::sync::unpoisoned;
#[cfg(feature = "sites")]
use super::time::Instant;

/// A future that resolves after some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A sleep that is `Sync`, so that a call's future is `Sync` if the body is. After its end it resolves again at once.
pub(crate) struct Sleeping(Pin<Box<dyn Restart>>);

/// A sleep by a timer of the engine's.
pub(crate) trait Restart: Future<Output = ()> + Send + Sync {
    /// Begins a sleep until this instant in the memory of this one; `false` if another timer must do that.
    #[cfg(feature = "sites")]
    fn restart(self: Pin<&mut Self>, _end: Instant) -> bool {
        false
    }

    /// Ends the sleep; whether another can [begin](Restart::restart) in its memory.
    #[cfg(feature = "sites")]
    fn stop(self: Pin<&mut Self>) -> bool {
        false
    }

    /// Prepares a sleep that has ended for a restart by another call; `false` if it goes on, or cannot be restarted.
    #[cfg(feature = "sites")]
    fn rest(self: Pin<&mut Self>) -> bool {
        false
    }
}

impl Sleeping {
    /// A sleep by a timer of the engine's.
    pub(crate) fn new(sleep: impl Restart + 'static) -> Self {
        Sleeping(Box::pin(sleep))
    }

    /// Begins a sleep until this instant in the memory of this one; `false` if another timer must do that.
    #[cfg(feature = "sites")]
    pub(crate) fn restart(&mut self, end: Instant) -> bool {
        self.0.as_mut().restart(end)
    }

    /// Ends the sleep; whether another can [begin](Sleeping::restart) in its memory.
    #[cfg(feature = "sites")]
    pub(crate) fn stop(&mut self) -> bool {
        self.0.as_mut().stop()
    }

    /// The sleep, if it has ended and another call can restart it.
    #[cfg(feature = "sites")]
    pub(crate) fn rested(mut self) -> Option<Self> {
        self.0.as_mut().rest().then_some(self)
    }

    /// A sleep by a timer that promises no `Sync`.
    #[cold]
    pub(crate) fn foreign(sleep: Sleep) -> Self {
        Sleeping::new(Foreign(Mutex::new(Some(sleep))))
    }
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Sleeping {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleeping")
    }
}

/// `None` after its end. The mutex is never locked: polling needs `&mut`.
struct Foreign(Mutex<Option<Sleep>>);

impl Restart for Foreign {}

impl Future for Foreign {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = unpoisoned(self.0.get_mut());
        if let Some(running) = sleep {
            ready!(running.as_mut().poll(cx));
            *sleep = None;
        }
        Poll::Ready(())
    }
}
