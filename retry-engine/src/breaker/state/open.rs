//! Open: everything is refused until its time is up.

use std::time::Duration;

use super::super::window::Tally;

/// When it ends, and why it began.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct Open {
    /// A call exactly at this moment is admitted.
    pub(in crate::breaker) until: Duration,
    /// The word of others neither hastens nor puts off the probes before this: the shortest time that it opens for.
    pub(in crate::breaker) earliest: Duration,
    /// How often it opened again since the breaker was last closed.
    pub(in crate::breaker) reopened: u32,
    /// The counts at the moment at which it opened.
    pub(in crate::breaker) cause: Tally,
}

impl Open {
    /// The time left; `None` when it is up.
    pub(in crate::breaker) fn left(&self, now: Duration) -> Option<Duration> {
        self.until.checked_sub(now).filter(|left| !left.is_zero())
    }
}
