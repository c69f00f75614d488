//! The time of a store that several machines share.
//!
//! Due times are absolute, so the machines need one time of day. The store has it: transactions write their time, and no
//! later one is earlier. A machine whose clock is ahead must not push that time forward, or tasks start too early
//! everywhere. So a clock that is ahead of the store by more than a minute is *doubted*. Until it is known who is right,
//! no task becomes due by it, and its time is not stored:
//!
//! - another process writes that its clock says the same, or none writes at all: the store was not in use, or the machine
//!   has slept. The clock is believed.
//! - another process writes that its clock says something else: the machine's clock is *corrected* by the difference, as
//!   long as that process uses the store.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::{clock::Clock, time::Time};

/// A clock that is ahead of the store by more than this is doubted, and a difference of less counts as none.
pub(crate) const LEAP: Duration = Duration::from_secs(60);

/// How long no other process must have written before a clock is believed. A worker without tasks writes every 5 s.
const SILENCE: Duration = Duration::from_secs(11);

/// How often a process that changes something makes itself heard.
const HEARD_EVERY: Duration = Duration::from_secs(5);

/// A stored time that is ahead of the clock by this much or more is the mistake of some clock and is ignored.
const ABSURD: Duration = Duration::from_secs(24 * 3600);

/// The number of own values that are known again.
const KEPT: usize = 8;

/// The time that the store has stored.
///
/// ```
/// use retry_tasks::Time;
/// use retry_tasks::rows::Stored;
///
/// let time = Time::from_millis(1_700_000_000_000);
/// let stored = Stored { time, wall: time }; // one row, which every transaction that writes replaces
/// assert_eq!(stored.time, stored.wall);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// The time of the store when somebody wrote last.
    pub time: Time,
    /// The time of day of the process that wrote it.
    pub wall: Time,
}

/// The clock of a store that several processes share: a clock of this machine that agrees with the store.
///
/// ```
/// use retry_tasks::rows::StoreClock;
/// use retry_tasks::{Clock, ManualClock};
/// use std::sync::Arc;
///
/// let machine = Arc::new(ManualClock::new());
/// let clock = StoreClock::new(Arc::clone(&machine) as Arc<dyn Clock>);
/// let time = clock.agree(None); // nothing is stored yet
/// assert_eq!(time, machine.now());
/// ```
#[derive(Debug)]
pub struct StoreClock {
    clock: Arc<dyn Clock>,
    agreed: Mutex<Agreed>,
}

#[derive(Debug, Default)]
struct Agreed {
    /// How much the machine's clock is corrected by.
    ahead: Duration,
    /// The time up to which tasks are due while the clock is doubted, as of this elapsed time.
    certain: Option<(Time, Duration)>,
    /// When the doubt began, or another process was heard last that disagrees.
    heard: Duration,
    /// The time and the elapsed time of the last transaction.
    last: Option<(Time, Duration)>,
    /// The stored value that was read last.
    read: Option<Stored>,
    /// The values that this process has written last; some of them were rolled back.
    written: VecDeque<Stored>,
}

impl StoreClock {
    /// The store's clock on this machine.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        StoreClock { clock, agreed: Mutex::default() }
    }

    /// Returns the time of a transaction, given the stored time. Call this at the beginning of each one that writes.
    pub fn agree(&self, stored: Option<Stored>) -> Time {
        let (now, elapsed) = (self.clock.now(), self.clock.elapsed());
        let mut agreed = self.lock();
        let is_news = |it: &Stored| agreed.read != Some(*it) && !agreed.written.contains(it);
        // The first look shows what was there before.
        let news = stored.filter(is_news).filter(|_| agreed.last.is_some());
        agreed.read = stored;
        agreed.weigh(stored, news, now, elapsed);
        let mut time = now.before(agreed.ahead);
        if let Some(Stored { time: latest, .. }) = stored {
            let behind = latest.since(time);
            if behind > Duration::ZERO && behind < ABSURD {
                agreed.ahead = agreed.ahead.saturating_sub(behind);
                self.clock.catch_up(latest + agreed.ahead);
                time = latest;
            }
        }
        agreed.last = Some((time, elapsed));
        time
    }

    /// The value to store with a transaction of this time; `None` while the clock is doubted.
    pub fn to_store(&self, time: Time) -> Option<Stored> {
        let is_doubted = self.lock().certain.is_some();
        (!is_doubted).then(|| Stored { time, wall: self.clock.now() })
    }

    /// Whether this process has not stored a value for 5 s. It must then, also where the stored time is fresh: a process whose
    /// clock is wrong and that writes all the time would otherwise hear of no other one.
    pub fn is_silent(&self, time: Time) -> bool {
        let agreed = self.lock();
        let last = agreed.written.front().map(|own| apart(own.time, time));
        last.is_none_or(|last| last > HEARD_EVERY)
    }

    /// Notes that this process has stored a value.
    pub fn stored(&self, stored: Stored) {
        let mut agreed = self.lock();
        agreed.written.truncate(KEPT - 1);
        agreed.written.push_front(stored);
    }

    fn lock(&self) -> MutexGuard<'_, Agreed> {
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Agreed {
    /// Decides whether the clock is believed, doubted or corrected. `news` was written by another process.
    fn weigh(
        &mut self,
        stored: Option<Stored>,
        news: Option<Stored>,
        now: Time,
        elapsed: Duration,
    ) {
        let is_trusted = self.certain.is_none() && self.ahead.is_zero();
        if is_trusted {
            return self.check(stored, news, now, elapsed);
        }
        match news {
            Some(news) if apart(news.wall, now) <= LEAP => self.believe(),
            Some(news) => {
                let own = self.certain.take();
                if own.is_some() {
                    report(
                        "is corrected while other processes use the store",
                        now.since(news.time),
                    );
                }
                // What was written may be some seconds old.
                let own = own.map_or(news.time, |(time, at)| time + elapsed.saturating_sub(at));
                let time = if apart(own, news.time) <= LEAP { own } else { news.time };
                if self.ahead.is_zero() || apart(now.before(self.ahead), news.time) > LEAP {
                    self.ahead = now.since(time);
                }
                self.heard = elapsed;
            }
            None if elapsed.saturating_sub(self.heard) >= SILENCE => self.believe(),
            None => {}
        }
    }

    /// Doubts a clock that has leapt ahead of its own pace, or of the time that others have stored.
    fn check(
        &mut self,
        stored: Option<Stored>,
        news: Option<Stored>,
        now: Time,
        elapsed: Duration,
    ) {
        let own = self.last.map(|(last, at)| last + elapsed.saturating_sub(at));
        let others = if own.is_some() { news } else { stored };
        let expected = own.into_iter().chain(others.map(|stored| stored.time)).min();
        if let Some(expected) = expected.filter(|expected| now.since(*expected) > LEAP) {
            self.certain = Some((expected, elapsed));
            self.heard = elapsed;
            // The first look at a store that nobody has used for a minute is the same as a clock that is wrong from the start:
            // a warning waits until another process contradicts.
            if own.is_some() {
                report("is not believed until it is known who is right", now.since(expected));
            }
        }
    }

    fn believe(&mut self) {
        (self.ahead, self.certain) = (Duration::ZERO, None);
    }
}

/// The difference between two times.
fn apart(one: Time, two: Time) -> Duration {
    one.since(two).max(two.since(one))
}

/// Warns that the clock of this machine is ahead of the store.
fn report(consequence: &str, ahead: Duration) {
    #[cfg(feature = "tracing")]
    retry_runtime::control::contained(|| {
        let ahead_s = ahead.as_secs_f64();
        tracing::warn!(
            target: "retry_tasks",
            ahead_s,
            "the clock of this machine is ahead of the store's time and {consequence}"
        );
    });
    #[cfg(not(feature = "tracing"))]
    let _ = (consequence, ahead);
}

impl Clock for StoreClock {
    fn now(&self) -> Time {
        let ahead = self.lock().ahead;
        self.clock.now().before(ahead)
    }

    fn catch_up(&self, seen: Time) {
        let ahead = self.lock().ahead;
        self.clock.catch_up(seen + ahead);
    }

    fn elapsed(&self) -> Duration {
        self.clock.elapsed()
    }

    fn certain(&self) -> Time {
        let now = self.now();
        let certain = self.lock().certain;
        certain.map_or(now, |(time, at)| time + self.clock.elapsed().saturating_sub(at)).min(now)
    }

    fn sleep_until(&self, time: Time) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let ahead = self.lock().ahead;
        self.clock.sleep_until(time + ahead)
    }
}

#[cfg(test)]
#[path = "time_tests.rs"]
mod tests;
