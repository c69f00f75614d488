//! A sleep that has been begun, wherever it is kept.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

/// A future that resolves after some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A sleep that is `Sync`, so that a call's future is wherever its body is. The lock is never taken: who
/// polls has the only reference.
pub(crate) struct Sleeping(Mutex<Sleep>);

impl Sleeping {
    pub(crate) fn new(sleep: Sleep) -> Self {
        Sleeping(Mutex::new(sleep))
    }
}

impl Future for Sleeping {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }
}

impl fmt::Debug for Sleeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sleeping")
    }
}
