//! The dependencies: a server that can be overloaded, and one that fails at random.

use std::ops::Range;
use std::time::Duration;

use retry_runtime::Kind;
use retry_testing::storm::parts::Server;

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

/// A server that can be overloaded. A client gives up after `timeout`; the server does not notice and does the work anyway.
pub(crate) struct Overloaded {
    timeout: Duration,
    server: Server,
}

impl Overloaded {
    pub(crate) fn new(per_second: u32, timeout: Duration, stall: Range<Duration>) -> Self {
        Overloaded { timeout, server: Server::new(per_second, stall) }
    }
}

impl Dependency for Overloaded {
    fn attempt(&mut self, Request { at: now, .. }: Request) -> Answer {
        let (ready, left) = (self.server.request(now), now + self.timeout);
        match ready <= left {
            true => Answer { at: ready, result: Ok(()) },
            false => Answer { at: left, result: Err(Kind::Ambiguous) },
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
