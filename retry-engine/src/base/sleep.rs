//! The future of a sleep.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use super::sync::unpoisoned;

/// A future that resolves after some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A sleep that is `Sync`, so that a call's future is `Sync` if the body is.
pub(crate) struct Sleeping(Pin<Box<dyn Future<Output = ()> + Send + Sync>>);

impl Sleeping {
    /// A sleep by a timer of the engine's.
    pub(crate) fn new(sleep: impl Future<Output = ()> + Send + Sync + 'static) -> Self {
        Sleeping(Box::pin(sleep))
    }

    /// A sleep by a timer that promises no `Sync`.
    #[cold]
    pub(crate) fn foreign(sleep: Sleep) -> Self {
        Sleeping::new(Foreign(Mutex::new(sleep)))
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

/// The mutex is never locked: polling needs `&mut`.
struct Foreign(Mutex<Sleep>);

impl Future for Foreign {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        unpoisoned(self.0.get_mut()).as_mut().poll(cx)
    }
}
