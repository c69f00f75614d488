//! The only module that reads the time.

use std::num::NonZeroU64;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::border::{Foreign, contained, contained_once};
use super::time::{Instant, SystemTime};

/// A source of the current time; a [`Timer`](crate::timer::Timer) is one. Where it panics, or is
/// read from inside itself, the default is read instead.
///
/// ```
/// use retry_runtime::timer::{Clock, Instant};
///
/// struct Frozen(Instant);
/// impl Clock for Frozen {
///     fn now(&self) -> Instant { self.0 }
/// }
///
/// let clock = Frozen(Instant::now());
/// assert_eq!(clock.now(), clock.now());
/// ```
pub trait Clock: Send + Sync {
    /// The current time, which never goes backwards.
    ///
    /// The default is tokio's clock with the feature `tokio`, so that tests can pause it, and the system's
    /// monotonic clock otherwise.
    fn now(&self) -> Instant {
        system_now()
    }

    /// The date and time, for the history. The default is `SystemTime::now`.
    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

static INSTALLED: OnceLock<&'static dyn Clock> = OnceLock::new();

/// Makes `clock` the process's clock; `false` if one was installed before.
#[inline]
pub(crate) fn install(clock: &'static dyn Clock) -> bool {
    INSTALLED.set(clock).is_ok()
}

/// Returns the virtual time of the interceptor that applies to the current call, if there is one.
static VIRTUAL: OnceLock<fn() -> Option<Instant>> = OnceLock::new();

/// Sets a clock that is read before all others. Later calls have no effect.
#[inline]
pub(crate) fn ask_first(now: fn() -> Option<Instant>) {
    // All callers pass the same function, so a second call changes nothing.
    let _ = VIRTUAL.set(now);
}

/// The current time: from the first of the interceptor, the installed clock, tokio's and the system's clock that
/// exists.
pub(crate) fn now() -> Instant {
    read()
}

// Inlined here only: generated code calls `now`.
#[inline(always)]
fn read() -> Instant {
    if let Some(now) = VIRTUAL.get().and_then(|now| contained(now).flatten()) {
        return now;
    }
    real_now()
}

/// The current time, without interceptors.
pub fn real_now() -> Instant {
    match INSTALLED.get() {
        Some(clock) => foreign(|| clock.now()).unwrap_or_else(system_now),
        None => system_now(),
    }
}

pub(crate) fn wall() -> SystemTime {
    match INSTALLED.get() {
        Some(clock) => foreign(|| clock.wall()).unwrap_or_else(SystemTime::now),
        None => SystemTime::now(),
    }
}

/// Reads a clock of the program's; `None` if it panics, or if it makes the call that reads it.
#[cold]
fn foreign<T>(read: impl FnOnce() -> T) -> Option<T> {
    contained_once(Foreign::Clock, read)
}

#[cfg(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown"))))]
fn system_now() -> Instant {
    tokio::time::Instant::now().into_std()
}

#[cfg(not(all(feature = "tokio", not(all(target_family = "wasm", target_os = "unknown")))))]
fn system_now() -> Instant {
    Instant::now()
}

/// An instant in eight bytes, also as an `Option`: nanoseconds relative to the first instant of the process, which
/// is the middle of the range. The range is 146 years in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(NonZeroU64);

const MIDDLE: u64 = 1 << 62;

static FIRST: OnceLock<Instant> = OnceLock::new();

impl Moment {
    /// The current time.
    pub(crate) fn now() -> Self {
        Moment::of(read())
    }

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

    /// The instant of this moment; the first instant of the process if `Instant` cannot represent the moment.
    pub(crate) fn instant(self) -> Instant {
        let first = *FIRST.get_or_init(now);
        let nanos = self.0.get();
        let instant = match nanos.checked_sub(MIDDLE) {
            Some(after) => first.checked_add(Duration::from_nanos(after)),
            None => first.checked_sub(Duration::from_nanos(MIDDLE - nanos)),
        };
        instant.unwrap_or(first)
    }

    /// The time since `earlier`; zero if `earlier` is not earlier.
    pub(crate) const fn since(self, earlier: Moment) -> Duration {
        Duration::from_nanos(self.nanos_since(earlier))
    }

    /// [`since`](Self::since) in nanoseconds.
    #[inline]
    pub(crate) const fn nanos_since(self, earlier: Moment) -> u64 {
        self.0.get().saturating_sub(earlier.0.get())
    }

    /// The number of the second that contains the moment; wraps around after 136 years.
    #[cfg(feature = "tracing")]
    pub(crate) const fn second(self) -> u32 {
        (self.0.get() / 1_000_000_000) as u32
    }

    /// The moment earlier by `time`, clamped to the range.
    pub(crate) fn before(self, time: Duration) -> Moment {
        let nanos = self.0.get().saturating_sub(nanos(time).unwrap_or(u64::MAX));
        Moment(NonZeroU64::new(nanos).unwrap_or(NonZeroU64::MIN))
    }

    /// The moment later by `time`, clamped to the range.
    pub(crate) fn saturating_add(self, time: Duration) -> Moment {
        self.checked_add(time).unwrap_or(Moment(NonZeroU64::MAX))
    }

    /// The moment later by `time`; `None` if it is out of range: it never comes.
    pub(crate) fn checked_add(self, time: Duration) -> Option<Moment> {
        self.0.checked_add(nanos(time)?).map(Moment)
    }
}

/// The duration in nanoseconds; `None` if 64 bits cannot hold it.
const fn nanos(duration: Duration) -> Option<u64> {
    match duration.as_secs().checked_mul(1_000_000_000) {
        Some(nanos) => nanos.checked_add(duration.subsec_nanos() as u64),
        None => None,
    }
}

/// The clock of a breaker or a budget, and the first moment that was read from it. State machines count time from
/// that moment, in ticks.
#[derive(Debug)]
pub(crate) struct Timeline {
    start: AtomicU64,
    /// The clock; `None` for the engine's clock.
    clock: Option<fn() -> Instant>,
}

impl Timeline {
    pub(crate) const fn new() -> Self {
        Timeline { start: AtomicU64::new(0), clock: None }
    }

    pub(crate) const fn set_clock(&mut self, clock: fn() -> Instant) {
        self.clock = Some(clock);
    }

    #[inline]
    pub(crate) fn now(&self) -> Moment {
        Moment::of(self.clock.map_or_else(now, ask))
    }

    /// Whether the clock is the engine's.
    pub(crate) fn is_engines(&self) -> bool {
        self.clock.is_none()
    }

    /// The current moment, given the current moment of the engine's clock.
    #[inline]
    pub(crate) fn known(&self, engine: Moment) -> Moment {
        self.clock.map_or(engine, |clock| Moment::of(ask(clock)))
    }

    /// Nanoseconds from the first moment to `now`; zero for an earlier `now`.
    #[inline]
    pub(crate) fn nanos(&self, now: Moment) -> u64 {
        now.nanos_since(self.start(now))
    }

    /// [`nanos`](Self::nanos) in whole milliseconds.
    #[inline]
    pub(crate) fn millis(&self, now: Moment) -> u64 {
        self.nanos(now) / 1_000_000
    }

    /// The instant this long after the first moment; `None` when it is out of the range of `Instant`.
    pub(crate) fn instant(&self, now: Moment, time: Duration) -> Option<Instant> {
        self.start(now).instant().checked_add(time)
    }

    #[inline]
    fn start(&self, now: Moment) -> Moment {
        // Relaxed is enough: no other memory depends on the number.
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

/// The time of a breaker's or a budget's clock; the engine's time if that clock panics.
#[cold]
fn ask(clock: fn() -> Instant) -> Instant {
    foreign(clock).unwrap_or_else(now)
}

/// A fake clock for each thread, which tests advance.
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
    fn moments_keep_their_distance_and_a_moment_out_of_range_is_none() {
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
    fn a_timeline_starts_at_its_first_moment_and_earlier_moments_count_as_zero() {
        let (timeline, start) = (Timeline::new(), Instant::now());
        let tick = |at| Duration::from_nanos(timeline.nanos(Moment::of(at)));
        assert_eq!(tick(start), Duration::ZERO);
        assert_eq!(tick(start + Duration::from_secs(3)), Duration::from_secs(3));
        assert_eq!(timeline.millis(Moment::of(start + Duration::from_micros(3_999))), 3);
        assert_eq!(tick(start - Duration::from_millis(1)), Duration::ZERO);
        let tomorrow = Duration::from_secs(24 * 3600);
        assert_eq!(timeline.instant(Moment::of(start), tomorrow), Some(start + tomorrow));
        assert_eq!(timeline.instant(Moment::of(start), Duration::MAX), None);
    }
}
