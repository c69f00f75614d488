//! The future of a sleep.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};

use super::sync::unpoisoned;

/// A future that resolves after some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A [`Sleep`] that is `Sync`, so that a call's future is `Sync` if the body is. The mutex is never locked: polling
/// needs `&mut`.
pub(crate) struct Sleeping(Mutex<Sleep>);

impl Sleeping {
    pub(crate) fn new(sleep: Sleep) -> Self {
        Sleeping(Mutex::new(sleep))
    }
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        unpoisoned(self.0.get_mut()).as_mut().poll(cx)
    }
}

impl fmt::Debug for Sleeping {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleeping")
    }
}
