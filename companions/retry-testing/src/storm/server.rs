//! A server that can be overloaded.

use std::ops::Range;
use std::time::Duration;

/// Serves requests one at a time, in order, except during the stall.
#[derive(Debug)]
pub struct Server {
    service: Duration,
    stall: Range<Duration>,
    free: Duration,
}

impl Server {
    /// A server that handles so many requests in a second, and none during the stall.
    pub fn new(per_second: u32, stall: Range<Duration>) -> Self {
        let service = Duration::from_nanos(1_000_000_000 / u64::from(per_second.max(1)));
        Server { service, stall, free: Duration::ZERO }
    }

    /// The time at which the answer to a request is ready. The queue is first in, first out and no request leaves it early,
    /// so the time is known on arrival.
    pub fn request(&mut self, now: Duration) -> Duration {
        let start = now.max(self.free);
        let start = if self.stall.contains(&start) { self.stall.end } else { start };
        self.free = start.saturating_add(self.service);
        self.free
    }
}
