//! The dependencies: a server that can be overloaded, and one that fails at random.

use std::ops::Range;
use std::time::Duration;

use retry_runtime::Kind;

use super::rng::Rng;

/// The result of an attempt, and the time of its end.
pub(crate) struct Answer {
    pub(crate) at: Duration,
    pub(crate) result: Result<(), Kind>,
}

/// An attempt as the dependency sees it.
#[derive(Clone, Copy)]
pub(crate) struct Request {
    pub(crate) at: Duration,
    pub(crate) host: usize,
    /// The retries of the call up to now.
    pub(crate) retries: usize,
}

/// Something that clients call; attempts arrive in order of time.
pub(crate) trait Dependency {
    fn attempt(&mut self, request: Request) -> Answer;
}

/// Serves requests one at a time, in order, except during the stall. A client gives up after `timeout`; the server does
/// not notice and does the work anyway.
pub(crate) struct Server {
    pub(crate) service: Duration,
    pub(crate) timeout: Duration,
    pub(crate) stall: Range<Duration>,
    free: Duration,
}

impl Server {
    pub(crate) const fn new(per_second: u32, timeout: Duration, stall: Range<Duration>) -> Self {
        let service = Duration::from_nanos(1_000_000_000 / per_second as u64);
        Server { service, timeout, stall, free: Duration::ZERO }
    }
}

impl Dependency for Server {
    /// The queue is first in, first out and no request leaves it early, so the end is known on arrival.
    fn attempt(&mut self, Request { at: now, .. }: Request) -> Answer {
        let start = now.max(self.free);
        let start = if self.stall.contains(&start) { self.stall.end } else { start };
        self.free = start + self.service;
        if self.free <= now + self.timeout {
            Answer { at: self.free, result: Ok(()) }
        } else {
            Answer { at: now + self.timeout, result: Err(Kind::Ambiguous) }
        }
    }
}

/// Answers after `latency`, independently of the load; a share of the attempts fails at random.
pub(crate) struct Flaky {
    pub(crate) failures: f64,
    pub(crate) latency: Duration,
    pub(crate) rng: Rng,
}

impl Dependency for Flaky {
    fn attempt(&mut self, request: Request) -> Answer {
        let failed = self.rng.happens(self.failures);
        let result = if failed { Err(Kind::Transient) } else { Ok(()) };
        Answer { at: request.at + self.latency, result }
    }
}
