//! The one place that reads the time and waits for it.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use crate::Time;

/// What tells the time, and waits.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The time; it never goes backwards.
    fn now(&self) -> Time;

    /// Moves the clock forward to a time that others have seen: no earlier one is told from now on.
    fn catch_up(&self, seen: Time);

    /// Resolves when it is that late.
    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The system's time of day, made steady.
///
/// When the time of day steps back, this clock goes on evenly; when it steps forward, as after the
/// machine slept, the clock follows. It also follows the latest time that is written in the store, so that
/// a process which starts after a step back neither waits for hours nor takes over tasks that others run.
#[derive(Debug)]
pub struct SystemClock(Mutex<Steady>);

#[derive(Debug)]
struct Steady {
    since: Instant,
    base: Duration,
}

impl SystemClock {
    /// A clock that starts at the time of day.
    pub fn new() -> Self {
        SystemClock(Mutex::new(Steady { since: Instant::now(), base: time_of_day() }))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Steady {
    /// The steady time, pulled forward to `at_least`.
    fn at(&mut self, now: Instant, at_least: Duration) -> Duration {
        let passed = now.saturating_duration_since(self.since);
        let steady = self.base + passed;
        if at_least > steady {
            *self = Steady { since: now, base: at_least };
            return at_least;
        }
        steady
    }
}

fn time_of_day() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn time(since_1970: Duration) -> Time {
    Time::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let mut steady = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        time(steady.at(Instant::now(), time_of_day()))
    }

    fn catch_up(&self, seen: Time) {
        let mut steady = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        steady.at(Instant::now(), Duration::from_millis(seen.as_millis()));
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // Timers compute instants that must not overflow.
        let left = time.since(self.now()).min(Duration::from_secs(30 * 365 * 24 * 3600));
        Box::pin(tokio::time::sleep(left))
    }
}

/// A clock for tests: it stands still until it is told to go on.
///
/// ```
/// use retry_tasks::{Clock, ManualClock};
/// use std::time::Duration;
///
/// let clock = ManualClock::new();
/// let start = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().since(start), Duration::from_secs(60));
/// ```
#[derive(Debug)]
pub struct ManualClock(watch::Sender<Time>);

impl ManualClock {
    /// A clock that stands at 2023-11-14T22:13:20Z.
    pub fn new() -> Self {
        ManualClock(watch::Sender::new(Time::from_millis(1_700_000_000_000)))
    }

    /// Lets so much time pass; who has waited long enough goes on.
    pub fn advance(&self, duration: Duration) {
        self.0.send_modify(|now| *now = *now + duration);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        ManualClock::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Time {
        *self.0.borrow()
    }

    fn catch_up(&self, seen: Time) {
        self.0.send_if_modified(|now| {
            let behind = *now < seen;
            *now = seen.max(*now);
            behind
        });
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // The clock is gone: its time has stopped for ever.
            if now.wait_for(|now| *now >= time).await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_goes_on_evenly_when_the_time_of_day_steps_back_and_follows_it_forward() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let hour = 3600 * second;
        let mut clock = Steady { since: start, base: 10 * hour };
        assert_eq!(clock.at(start + second, 9 * hour), 10 * hour + second);
        assert_eq!(clock.at(start + 2 * second, 11 * hour), 11 * hour);
        assert_eq!(clock.at(start + 3 * second, 9 * hour), 11 * hour + second);
    }
}
