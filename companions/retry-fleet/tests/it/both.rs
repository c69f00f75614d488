//! A transport with two users.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use retry_fleet::{Inbox, Transport, Word};

/// A transport of a member that the test can call, too.
pub(crate) struct Both<T>(Arc<T>);

impl<T> Both<T> {
    pub(crate) fn new(transport: T) -> Self {
        Both(Arc::new(transport))
    }
}

impl<T> Clone for Both<T> {
    fn clone(&self) -> Self {
        Both(Arc::clone(&self.0))
    }
}

impl<T: Transport> Transport for Both<T> {
    fn listen(&self, inbox: Inbox) {
        self.0.listen(inbox);
    }

    fn publish(&self, word: &Word) -> io::Result<()> {
        self.0.publish(word)
    }

    fn probe(&self, breaker: &str, hold: Duration) -> io::Result<bool> {
        self.0.probe(breaker, hold)
    }

    fn release(&self, breaker: &str) {
        self.0.release(breaker);
    }
}
