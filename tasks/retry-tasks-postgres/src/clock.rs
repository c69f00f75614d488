//! The time of the database, as this machine can tell between two transactions.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use retry_tasks::{Clock, SystemClock, Time};

/// A difference to the database of less than this is that of the journey of an answer.
const SLACK: Duration = Duration::from_millis(50);

/// A clock that follows the database's: several machines need one time of day, and theirs may differ.
#[derive(Debug)]
pub(crate) struct ServerClock {
    machine: SystemClock,
    seen: Mutex<Seen>,
}

/// A time of the database, and when it was read.
#[derive(Debug)]
struct Seen {
    time: Time,
    at: Instant,
    /// The latest time that was told: a clock never goes backwards.
    told: Time,
}

impl ServerClock {
    /// A clock that tells the time of the machine until it has seen the database's.
    pub(crate) fn new() -> Self {
        let machine = SystemClock::new();
        let time = machine.now();
        let seen = Seen { time, at: Instant::now(), told: Time::default() };
        ServerClock { machine, seen: Mutex::new(seen) }
    }

    /// Notes the time that the database told at this instant.
    pub(crate) fn see(&self, time: Time, at: Instant) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).see(time, at);
    }
}

impl Seen {
    fn see(&mut self, time: Time, now: Instant) {
        let expected = self.at(now);
        let apart = expected.since(time).max(time.since(expected));
        if apart > SLACK || self.told == Time::default() {
            (self.time, self.at) = (time, now);
        }
    }

    fn at(&self, now: Instant) -> Time {
        self.time + now.saturating_duration_since(self.at)
    }

    fn tell(&mut self, now: Instant) -> Time {
        self.told = self.told.max(self.at(now));
        self.told
    }
}

impl Clock for ServerClock {
    fn now(&self) -> Time {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).tell(Instant::now())
    }

    /// The database's time is the later one already.
    fn catch_up(&self, _: Time) {}

    fn elapsed(&self) -> Duration {
        self.machine.elapsed()
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let left = time.since(self.now()).min(Duration::from_secs(30 * 365 * 24 * 3600));
        Box::pin(tokio::time::sleep(left))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_whose_clock_is_two_days_ahead_tells_the_time_of_the_database() {
        let (start, server) = (Instant::now(), Time::from_millis(1_700_000_000_000));
        let ahead = server + Duration::from_secs(2 * 24 * 3600);
        let mut seen = Seen { time: ahead, at: start, told: Time::default() };
        seen.see(server, start);
        assert_eq!(seen.tell(start + Duration::from_secs(1)), server + Duration::from_secs(1));
    }

    #[test]
    fn a_clock_of_the_database_that_steps_back_does_not_take_this_one_back() {
        let (start, server) = (Instant::now(), Time::from_millis(1_700_000_000_000));
        let mut seen = Seen { time: server, at: start, told: Time::default() };
        assert_eq!(seen.tell(start), server);
        seen.see(server.before(Duration::from_secs(120)), start);
        assert_eq!(seen.tell(start), server, "it stands still");
        let later = start + Duration::from_secs(130);
        assert_eq!(seen.tell(later), server + Duration::from_secs(10), "until it is reached");
    }
}
