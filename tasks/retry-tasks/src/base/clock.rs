//! Clocks. Nothing else in this crate reads the time or sleeps.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

use super::time::Time;

/// A clock that reads the time and can wait for a point in time.
///
/// ```
/// use retry_tasks::{Clock, SystemClock};
///
/// let clock = SystemClock::new();
/// assert!(clock.now() <= clock.now());
/// ```
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The current time; it never goes backwards.
    fn now(&self) -> Time;

    /// Moves the clock forward to a time that another process has already read. From then on the clock reads no
    /// earlier time.
    fn catch_up(&self, seen: Time);

    /// The time that has passed since some fixed moment, on a clock that nobody sets. Without an implementation, this is
    /// the time of day.
    fn elapsed(&self) -> Duration {
        Duration::from_millis(self.now().as_millis())
    }

    /// The time up to which tasks are due: the current time, or an earlier one while the current one is in doubt.
    fn certain(&self) -> Time {
        self.now()
    }

    /// Completes when the clock has reached `time`.
    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The system's time of day without its steps back.
///
/// When the time of day steps back, this clock continues at its usual pace. When the time of day steps forward, as
/// it does after the machine has slept, the clock follows. The clock also follows the latest time in the store: a
/// process that starts after a step back neither waits for hours nor takes over tasks that others are running.
///
/// ```
/// use retry_tasks::{Clock, SqliteBuilder, SystemClock};
/// use std::sync::Arc;
///
/// // The default; a test passes a `ManualClock`.
/// let builder = SqliteBuilder::new("tasks.db").clock(Arc::new(SystemClock::new()));
/// # let _ = builder;
/// ```
#[derive(Debug)]
pub struct SystemClock(Mutex<Steady>, Instant);

#[derive(Debug)]
struct Steady {
    since: Instant,
    base: Duration,
}

impl SystemClock {
    /// Creates a clock that starts at the current time of day.
    pub fn new() -> Self {
        let now = Instant::now();
        SystemClock(Mutex::new(Steady { since: now, base: time_of_day() }), now)
    }

    /// The steady time, moved forward to `at_least` if it is behind.
    fn at_least(&self, at_least: Duration) -> Time {
        let mut steady = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let since_1970 = steady.at(Instant::now(), at_least).as_millis();
        Time::from_millis(u64::try_from(since_1970).unwrap_or(u64::MAX))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        SystemClock::new()
    }
}

impl Steady {
    /// The steady time, moved forward to `at_least` if it is behind.
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

impl Clock for SystemClock {
    fn now(&self) -> Time {
        self.at_least(time_of_day())
    }

    fn catch_up(&self, seen: Time) {
        self.at_least(Duration::from_millis(seen.as_millis()));
    }

    fn elapsed(&self) -> Duration {
        self.1.elapsed()
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // The timer adds this duration to an `Instant`, which must not overflow.
        let left = time.since(self.now()).min(Duration::from_secs(30 * 365 * 24 * 3600));
        Box::pin(tokio::time::sleep(left))
    }
}

/// A clock for tests. It stands still until [`advance`](ManualClock::advance) moves it.
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
pub struct ManualClock(watch::Sender<Time>, Mutex<Duration>);

impl ManualClock {
    /// Creates a clock that stands at 2023-11-14T22:13:20Z.
    pub fn new() -> Self {
        let start = Time::from_millis(1_700_000_000_000);
        ManualClock(watch::Sender::new(start), Mutex::default())
    }

    /// Moves the clock forward by `duration` and wakes the sleepers whose time has come.
    pub fn advance(&self, duration: Duration) {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner) += duration;
        self.step(duration);
    }

    /// Sets the time of day forward by `duration`, as somebody does who sets the clock of a machine: no time passes.
    pub fn step(&self, duration: Duration) {
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
        self.0.send_modify(|now| *now = seen.max(*now));
    }

    fn elapsed(&self) -> Duration {
        *self.1.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let mut now = self.0.subscribe();
        Box::pin(async move {
            // The clock was dropped: its time never moves again.
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
