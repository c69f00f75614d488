//! The outage and the load: the numbers of a simulation, and their check.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use retry_text::duration::human;
use serde::Serialize;

/// The first call comes so long before the stall: budgets fill.
pub(super) const WARM_UP: Duration = Duration::from_secs(10);

/// The load goes on for so long after the time that is measured: calls that still retry see it.
const TAIL: Duration = Duration::from_secs(20);

/// The most calls of one scheme: they all may wait at once, in a few hundred bytes each.
const MOST_CALLS: u32 = 5_000_000;

/// The load, and the server that stalls. Without settings: 700 clients with a call a second each, a server for 1000 requests a
/// second, and a stall of 5 s.
///
/// ```
/// use retry_testing::storm::Outage;
/// use std::time::Duration;
///
/// let outage = Outage::new().clients(30).rate(20.0).stall(Duration::from_secs(10));
/// assert!(outage.check().is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[must_use = "an outage does nothing until it is simulated"]
pub struct Outage {
    pub(super) clients: u32,
    pub(super) rate: f64,
    pub(super) capacity: u32,
    #[serde(rename = "stall_ms", serialize_with = "millis")]
    pub(super) stall: Duration,
    #[serde(rename = "timeout_ms", serialize_with = "millis")]
    pub(super) timeout: Duration,
    #[serde(rename = "watch_ms", serialize_with = "millis")]
    pub(super) watch: Duration,
    pub(super) seed: u64,
    #[serde(skip)]
    pub(super) most_time: Option<Duration>,
    #[serde(skip)]
    most_calls: u32,
}

fn millis<S: serde::Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64() * 1000.0)
}

impl Default for Outage {
    fn default() -> Self {
        Outage::new()
    }
}

impl Outage {
    /// 700 clients, 1000 requests a second, a stall of 5 s; watched for 120 s.
    pub const fn new() -> Self {
        Outage {
            clients: 700,
            rate: 1.0,
            capacity: 1000,
            stall: Duration::from_secs(5),
            timeout: Duration::from_secs(1),
            watch: Duration::from_secs(120),
            seed: 1,
            most_time: None,
            most_calls: MOST_CALLS,
        }
    }

    /// The number of clients, 1 to 100 000; each has its own budget and breaker.
    pub const fn clients(self, clients: u32) -> Self {
        Outage { clients, ..self }
    }

    /// The calls of each client, a second.
    pub const fn rate(self, calls: f64) -> Self {
        Outage { rate: calls, ..self }
    }

    /// The requests that the server can handle, a second; more than all clients send.
    pub const fn capacity(self, requests: u32) -> Self {
        Outage { capacity: requests, ..self }
    }

    /// The time for which the server handles nothing, 1 ms to 1 h.
    pub const fn stall(self, time: Duration) -> Self {
        Outage { stall: time, ..self }
    }

    /// The time after which a client abandons an attempt, 1 ms to 1 h, where the policy has no `timeout`.
    pub const fn timeout(self, time: Duration) -> Self {
        Outage { timeout: time, ..self }
    }

    /// The time after the stall that is measured, 1 s to 1 h. A load that has not recovered by then has not recovered.
    pub const fn watch(self, time: Duration) -> Self {
        Outage { watch: time, ..self }
    }

    /// The seed of all random numbers.
    pub const fn seed(self, seed: u64) -> Self {
        Outage { seed, ..self }
    }

    /// Ends the simulation with an error after so much real time, for servers that simulate on demand.
    pub const fn most_time(self, time: Duration) -> Self {
        Outage { most_time: Some(time), ..self }
    }

    /// Refuses more calls than that, for servers that simulate on demand; at most 5 000 000, which is the default.
    pub const fn most_calls(self, calls: u32) -> Self {
        let most_calls = if calls < MOST_CALLS { calls } else { MOST_CALLS };
        Outage { most_calls, ..self }
    }

    /// Whether the numbers make an outage.
    ///
    /// ```
    /// use retry_testing::storm::Outage;
    ///
    /// let error = Outage::new().rate(2.0).check().unwrap_err();
    /// assert_eq!(error.field(), "capacity");
    /// ```
    ///
    /// # Errors
    ///
    /// The first number that is out of its range.
    pub fn check(&self) -> Result<(), StormError> {
        let hour = Duration::from_secs(3600);
        let counted = |field, value: u32, most: u32| match (1..=most).contains(&value) {
            true => Ok(()),
            false => {
                Err(StormError::of(field, &value, &format!("must be a number from 1 to {most}")))
            }
        };
        let timed = |field, value: Duration, least: Duration| match (least..=hour).contains(&value)
        {
            true => Ok(()),
            false => {
                let range = format!("must be a time from {} to 1 h", human(least));
                Err(StormError::of(field, &human(value), &range))
            }
        };
        counted("clients", self.clients, 100_000)?;
        if !(self.rate > 0.0 && self.rate <= 100_000.0) {
            return Err(StormError::of(
                "rate",
                &self.rate,
                "must be a number of calls a second for each client, more than 0 and at most 100000",
            ));
        }
        counted("capacity", self.capacity, 10_000_000)?;
        timed("stall", self.stall, Duration::from_millis(1))?;
        timed("timeout", self.timeout, Duration::from_millis(1))?;
        timed("watch", self.watch, Duration::from_secs(1))?;
        if self.load() >= f64::from(self.capacity) {
            let needed = format!(
                "must be more than the {} requests a second of all clients (`clients` × `rate`), or the server never recovers; \
                 raise it, or lower `rate`",
                self.load()
            );
            return Err(StormError::of("capacity", &self.capacity, &needed));
        }
        let calls = self.load() * self.end().as_secs_f64();
        if calls > f64::from(self.most_calls) {
            let many = format!(
                "makes {calls:.0} calls with `clients` and `rate`, more than {}; lower one of the three",
                self.most_calls
            );
            return Err(StormError::of("watch", &human(self.watch), &many));
        }
        Ok(())
    }

    /// The calls of all clients, a second.
    pub(super) fn load(&self) -> f64 {
        f64::from(self.clients) * self.rate
    }

    /// The time of the stall.
    pub(super) fn stalled(&self) -> Range<Duration> {
        WARM_UP..WARM_UP + self.stall
    }

    /// The time that is measured: from the stall's begin.
    pub(super) fn measured(&self) -> Range<Duration> {
        WARM_UP..WARM_UP + self.stall + self.watch
    }

    /// No call comes after this time.
    pub(super) fn end(&self) -> Duration {
        self.measured().end + TAIL
    }
}

/// A number or a scheme that cannot be simulated.
///
/// ```
/// use retry_testing::storm::{Outage, Scheme, simulate};
///
/// let error = simulate(&Outage::new().clients(0), &[Scheme::no_retries()]).unwrap_err();
/// assert_eq!(error.to_string(), "`clients` (0) must be a number from 1 to 100000");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StormError {
    field: &'static str,
    text: String,
}

impl StormError {
    pub(super) fn new(field: &'static str, text: String) -> Self {
        StormError { field, text }
    }

    fn of(field: &'static str, value: &dyn fmt::Display, remedy: &str) -> Self {
        StormError { field, text: format!("`{field}` ({value}) {remedy}") }
    }

    /// The name of the setting: a method of [`Outage`], or `policy`, `budget`, `breaker`.
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for StormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StormError {}
