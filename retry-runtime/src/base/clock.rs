//! The only place that reads the time.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// A source of the current time; a [`Timer`](crate::timer::Timer) is one.
pub trait Clock: Send + Sync {
    /// The current time, which never goes backwards.
    ///
    /// The default follows tokio's clock where the `tokio` feature is on, so that a paused clock moves
    /// everything, and the system's monotonic clock otherwise.
    fn now(&self) -> Instant {
        system_now()
    }

    /// The date and time, for the history. The default is the system's.
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

static INSTALLED: OnceLock<&'static dyn Clock> = OnceLock::new();

/// Makes `clock` the process's source of time; `false` when one was installed before.
pub(crate) fn install(clock: &'static dyn Clock) -> bool {
    INSTALLED.set(clock).is_ok()
}

/// The time of an interceptor that holds here, if one has a time of its own.
static VIRTUAL: OnceLock<fn() -> Option<Instant>> = OnceLock::new();

/// Makes `now` the first clock that is asked. The first function that is set stays.
pub(crate) fn ask_first(now: fn() -> Option<Instant>) {
    // All callers pass the same function.
    let _ = VIRTUAL.set(now);
}

/// The current time: of an interceptor, of the installed clock, of tokio's, or of the system's.
pub(crate) fn now() -> Instant {
    if let Some(now) = VIRTUAL.get().and_then(|now| now()) {
        return now;
    }
    real_now()
}

/// The current time, whatever interceptor holds here.
pub fn real_now() -> Instant {
    match INSTALLED.get() {
        Some(clock) => clock.now(),
        None => system_now(),
    }
}

/// The date and time.
pub(crate) fn wall() -> SystemTime {
    match INSTALLED.get() {
        Some(clock) => clock.wall(),
        None => SystemTime::now(),
    }
}

#[cfg(feature = "tokio")]
fn system_now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(not(feature = "tokio"))]
fn system_now() -> Instant {
    Instant::now()
}

/// An instant of the clock in eight bytes, `None` included: nanoseconds around the first one that was
/// asked for, which stands in the middle of the range. Good for 146 years to either side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(NonZeroU64);

const MIDDLE: u64 = 1 << 62;

static FIRST: OnceLock<Instant> = OnceLock::new();

impl Moment {
    /// The current time.
    pub(crate) fn now() -> Self {
        Moment::of(now())
    }

    /// The moment of an instant.
    pub(crate) fn of(now: Instant) -> Self {
        let first = *FIRST.get_or_init(|| now);
        let nanos = match now.checked_duration_since(first) {
            Some(after) => MIDDLE.saturating_add(nanos(after).unwrap_or(u64::MAX)),
            None => {
                let before = first.saturating_duration_since(now);
                MIDDLE.saturating_sub(nanos(before).unwrap_or(u64::MAX))
            }
        };
        Moment(NonZeroU64::new(nanos).unwrap_or(NonZeroU64::MIN))
    }

    /// The instant of this moment; the first one of all when it is out of range.
    pub(crate) fn instant(self) -> Instant {
        let first = *FIRST.get_or_init(now);
        let nanos = self.0.get();
        let instant = match nanos.checked_sub(MIDDLE) {
            Some(after) => first.checked_add(Duration::from_nanos(after)),
            None => first.checked_sub(Duration::from_nanos(MIDDLE - nanos)),
        };
        instant.unwrap_or(first)
    }

    /// The time since an earlier moment; zero when it is not earlier.
    pub(crate) const fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.0.get().saturating_sub(earlier.0.get()))
    }

    /// The moment that is so much earlier, within the range.
    pub(crate) fn before(self, time: Duration) -> Moment {
        let nanos = self.0.get().saturating_sub(nanos(time).unwrap_or(u64::MAX));
        Moment(NonZeroU64::new(nanos).unwrap_or(NonZeroU64::MIN))
    }

    /// The moment that is so much later; `None` when it is out of range, which is as good as never.
    pub(crate) fn checked_add(self, time: Duration) -> Option<Moment> {
        self.0.checked_add(nanos(time)?).map(Moment)
    }
}

/// The whole time in nanoseconds, if 64 bits can say it.
const fn nanos(duration: Duration) -> Option<u64> {
    match duration.as_secs().checked_mul(1_000_000_000) {
        Some(nanos) => nanos.checked_add(duration.subsec_nanos() as u64),
        None => None,
    }
}

/// The clock of a breaker or a budget, and the first moment that it gave; the pure code counts from there.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: AtomicU64,
    /// `None`: the engine's clock.
    clock: Option<fn() -> Instant>,
}

impl Timeline {
    /// On the engine's clock.
    pub(crate) const fn new() -> Self {
        Timeline { start: AtomicU64::new(0), clock: None }
    }

    pub(crate) const fn set_clock(&mut self, clock: fn() -> Instant) {
        self.clock = Some(clock);
    }

    /// Reads the clock.
    #[inline]
    pub(crate) fn now(&self) -> Moment {
        Moment::of(self.clock.map_or_else(now, |clock| clock()))
    }

    /// The present moment, where the engine's clock has just been read.
    #[inline]
    pub(crate) fn known(&self, engine: Moment) -> Moment {
        self.clock.map_or(engine, |clock| Moment::of(clock()))
    }

    /// The time since the first moment; an earlier moment counts as the first.
    #[inline]
    pub(crate) fn tick(&self, now: Moment) -> Duration {
        now.since(self.start(now))
    }

    /// [`tick`](Self::tick) in whole milliseconds.
    #[inline]
    pub(crate) fn millis(&self, now: Moment) -> u64 {
        now.0.get().saturating_sub(self.start(now).0.get()) / 1_000_000
    }

    /// The instant of a tick; `None` when no `Instant` can say it.
    pub(crate) fn instant(&self, now: Moment, tick: Duration) -> Option<Instant> {
        self.start(now).instant().checked_add(tick)
    }

    #[inline]
    fn start(&self, now: Moment) -> Moment {
        // Relaxed is enough: the number is all there is.
        match NonZeroU64::new(self.start.load(Ordering::Relaxed)) {
            Some(start) => Moment(start),
            None => self.begin(now),
        }
    }

    #[cold]
    fn begin(&self, now: Moment) -> Moment {
        let begun =
            self.start.compare_exchange(0, now.0.get(), Ordering::Relaxed, Ordering::Relaxed);
        begun.err().and_then(NonZeroU64::new).map_or(now, Moment)
    }
}

/// A clock that each test winds by itself.
#[cfg(all(test, not(retry_loom)))]
pub(crate) mod fake {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    pub(crate) fn clock() -> Instant {
        static START: OnceLock<Instant> = OnceLock::new();
        *START.get_or_init(Instant::now) + PASSED.get()
    }

    pub(crate) fn pass(time: Duration) {
        PASSED.set(PASSED.get() + time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_as_far_apart_as_they_were_set_and_too_long_is_never() {
        let now = Moment::now();
        let later = now.checked_add(Duration::from_secs(7)).expect("in range");
        assert_eq!(later.since(now), Duration::from_secs(7));
        assert_eq!(now.since(later), Duration::ZERO);
        assert_eq!(later.before(Duration::from_secs(7)), now);
        assert!(now.before(Duration::MAX) < now);
        assert_eq!(now.checked_add(Duration::MAX), None);
        assert_eq!(size_of::<Option<Moment>>(), 8);
    }

    #[test]
    fn a_timeline_starts_at_the_first_moment_told_and_time_never_runs_before_it() {
        let (timeline, start) = (Timeline::new(), Instant::now());
        let tick = |at| timeline.tick(Moment::of(at));
        assert_eq!(tick(start), Duration::ZERO);
        assert_eq!(tick(start + Duration::from_secs(3)), Duration::from_secs(3));
        assert_eq!(timeline.millis(Moment::of(start + Duration::from_micros(3_999))), 3);
        assert_eq!(tick(start - Duration::from_millis(1)), Duration::ZERO);
        let tomorrow = Duration::from_secs(24 * 3600);
        assert_eq!(timeline.instant(Moment::of(start), tomorrow), Some(start + tomorrow));
        assert_eq!(timeline.instant(Moment::of(start), Duration::MAX), None);
    }
}
