//! The volume of calls, which a budget's capacity follows.
//!
//! Nothing keeps a window of calls: counters only add up. The estimate is exact for a steady rate, however often a
//! budget asks: with `n` new calls after `dt`, the volume of the last 30 s is `V · (30 s - dt) / 30 s + n`, and
//! `n · 30 s / dt` after a longer time. A success pays nothing for it: the counters are read where a retry is asked
//! for, under a lock, and for the next second only if the debt exceeds the capacity that is certain without them.

use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::base::cells::{Cells, here};
use crate::base::sync::{const_unless_loom, lock};

/// The time over which calls are counted, in milliseconds.
const WINDOW: u64 = 30_000;
/// No sample is stored sooner after the last one: the decay of an estimate would be rounded to nothing.
const APART: u64 = 1_000;
/// With at most so many calls in the window, retries after the third are free.
pub(super) const FEW: u64 = 3;
/// Retries of a call up to this one are always charged.
pub(super) const CHARGED: u32 = 3;

/// How a capacity follows the volume, in milli-tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follow {
    pub(super) least: u32,
    /// So many calls in the window add one token.
    calls_per_token: u64,
    most: u32,
}

/// The capacity of a function's budget: 6 tokens plus one for every 20 calls of the last 30 s, but no more than 20 tokens.
pub(super) const OF_SITE: Follow = Follow { least: 6_000, calls_per_token: 20, most: 20_000 };
/// The capacity of a key's budget: 3 tokens plus one for every 10 calls of the key in the last 30 s, but no more than 20 tokens.
pub(super) const OF_KEY: Follow = Follow { least: 3_000, calls_per_token: 10, most: 20_000 };

impl Follow {
    /// The capacity at this volume.
    pub(super) const fn at(self, volume: MilliCalls) -> u32 {
        let capacity = self.least as u64 + volume.0 / self.calls_per_token;
        if capacity < self.most as u64 { capacity as u32 } else { self.most }
    }
}

/// Thousandths of a call within the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct MilliCalls(pub(super) u64);

impl MilliCalls {
    /// The volume `elapsed` milliseconds after this one, with so many new calls.
    pub(super) const fn after(self, elapsed: u64, new: u64) -> Self {
        let new = new.saturating_mul(1_000);
        if elapsed < WINDOW {
            // Division of 128 bits is a loop; no program has so many calls.
            let left = match self.0.checked_mul(WINDOW - elapsed) {
                Some(product) => product / WINDOW,
                None => (self.0 as u128 * (WINDOW - elapsed) as u128 / WINDOW as u128) as u64,
            };
            return MilliCalls(left.saturating_add(new));
        }
        let steady = new as u128 * WINDOW as u128 / elapsed as u128;
        MilliCalls(if steady > u64::MAX as u128 { u64::MAX } else { steady as u64 })
    }

    /// Whether these and the calls in flight are few.
    pub(super) const fn is_few(self, in_flight: u64) -> bool {
        self.0.saturating_add(in_flight.saturating_mul(1_000)) <= FEW * 1_000
    }
}

/// A counter of calls that only goes up: an annotated function.
pub(crate) trait Calls: fmt::Debug + Sync {
    /// Calls that have ended since the program started.
    fn calls(&self) -> u64;

    /// The time for which the calls have been counted.
    fn counted_for(&self) -> Duration;
}

/// The volume of a budget: the calls that are reported to the budget, and those of the functions that it belongs to.
#[derive(Debug)]
pub(super) struct Volume {
    /// The rule by which the budget's capacity follows.
    follow: Follow,
    /// Each thread counts for itself, so that calls of one host on several threads do not slow each other down.
    reported: Cells,
    has_sources: AtomicBool,
    certain: Certain,
    sample: Mutex<Sample>,
}

#[derive(Debug)]
struct Sample {
    /// When it was taken; `None` before the first one.
    at: Option<u64>,
    volume: MilliCalls,
    /// The sum of the cells then.
    reported: u64,
    /// `None` until the functions are known.
    sources: Option<Vec<Source>>,
}

/// The capacity that is certain until the next sample is due, and that moment, in one word: calls only add to the sample,
/// and time takes away a thirtieth of it at most.
#[derive(Debug)]
struct Certain(AtomicU64);

impl Certain {
    /// 16 777 tokens, far above the highest capacity; 40 bits of milliseconds, 34 years, are left.
    const CAPACITY_BITS: u32 = 24;
    const CAPACITY: u64 = (1 << Self::CAPACITY_BITS) - 1;

    const fn new() -> Self {
        Certain(AtomicU64::new(0))
    }

    #[inline]
    fn at(&self, now: u64) -> Option<u32> {
        let word = self.0.load(Ordering::Relaxed);
        let left = (word >> Self::CAPACITY_BITS).wrapping_sub(now);
        // Zero or wrapped around: a sample is due, or the clock went back to before the last one.
        (1..=APART).contains(&left).then_some((word & Self::CAPACITY) as u32)
    }

    fn set(&self, now: u64, capacity: u32) {
        let capacity = u64::from(capacity).min(Self::CAPACITY);
        self.0.store((now + APART) << Self::CAPACITY_BITS | capacity, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Source {
    calls: &'static dyn Calls,
    /// Its calls then.
    then: u64,
}

impl Volume {
    const_unless_loom! {
        pub(super) fn new(follow: Follow) -> Self {
            let sample = Sample { at: None, volume: MilliCalls(0), reported: 0, sources: None };
            Volume {
                follow,
                reported: Cells::new(),
                has_sources: AtomicBool::new(false),
                certain: Certain::new(),
                sample: Mutex::new(sample),
            }
        }
    }

    /// Counts a call; `true` for the first one.
    #[inline]
    pub(super) fn count(&self) -> bool {
        let counted = here(|thread| self.reported.of(thread).map(Cells::increment));
        counted.is_none() && self.count_rarely()
    }

    /// Counts a call where the thread has no cell yet. The call of a thread that is ending is not counted.
    #[cold]
    #[inline(never)]
    fn count_rarely(&self) -> bool {
        let mut sample = lock(&self.sample);
        let is_first = self.reported.begin();
        if is_first {
            // The cells may have contents of an object that is gone.
            sample.reported = self.reported();
        }
        drop(sample);
        self.reported.of_this_thread().into_iter().for_each(Cells::increment);
        is_first
    }

    fn reported(&self) -> u64 {
        self.reported.values().fold(0, u64::wrapping_add)
    }

    /// Whether the functions are known whose calls are counted.
    pub(super) fn has_sources(&self) -> bool {
        self.has_sources.load(Ordering::Acquire)
    }

    /// Sets the functions whose calls are counted. One that is new after the first sample is counted from now on.
    pub(super) fn set_sources(&self, new: &[&'static dyn Calls]) {
        let mut sample = lock(&self.sample);
        let known = sample.sources.take().unwrap_or_default();
        let is_sampled = sample.at.is_some();
        let source = |calls: &&'static dyn Calls| {
            let same = |source: &&Source| std::ptr::addr_eq(source.calls, *calls);
            let then = match known.iter().find(same) {
                Some(source) => source.then,
                None if is_sampled => calls.calls(),
                None => 0,
            };
            Source { calls: *calls, then }
        };
        sample.sources = Some(new.iter().map(source).collect());
        self.has_sources.store(true, Ordering::Release);
    }

    /// The volume at this millisecond, without storing a sample.
    pub(super) fn look(&self, now: u64) -> MilliCalls {
        self.read(&lock(&self.sample), now).0
    }

    /// The capacity at this millisecond, without storing a sample.
    pub(super) fn capacity(&self, now: u64) -> u32 {
        self.follow.at(self.look(now))
    }

    /// The capacity that is certain without a lock: the exact one is not smaller. `None` if a new sample is due.
    #[inline]
    pub(super) fn certain(&self, now: u64) -> Option<u32> {
        self.certain.at(now)
    }

    /// The capacity at this millisecond. Stores a sample.
    #[cold]
    pub(super) fn take_capacity(&self, now: u64) -> u32 {
        self.follow.at(self.take(now))
    }

    /// The volume at this millisecond. Stores a sample.
    pub(super) fn take(&self, now: u64) -> MilliCalls {
        let mut sample = lock(&self.sample);
        let (volume, due) = self.read(&sample, now);
        if due {
            sample.at = Some(now);
            sample.volume = volume;
            self.certain.set(now, self.follow.at(volume.after(APART, 0)));
            sample.reported = self.reported();
            for source in sample.sources.iter_mut().flatten() {
                source.then = source.calls.calls();
            }
        }
        volume
    }

    /// The volume, and whether a new sample is due.
    fn read(&self, sample: &Sample, now: u64) -> (MilliCalls, bool) {
        let sources = || sample.sources.iter().flatten();
        let reported = self.reported().wrapping_sub(sample.reported);
        let new = sources().fold(reported, |sum, source| {
            sum.saturating_add(source.calls.calls().saturating_sub(source.then))
        });
        let elapsed = match sample.at {
            // A clock that went back: the sample starts anew.
            Some(at) if now < at => return (sample.volume.after(0, new), true),
            Some(at) => now - at,
            None => {
                let counted = sources().map(|source| source.calls.counted_for()).max();
                let counted = counted.unwrap_or_default().as_millis() as u64;
                now.max(counted)
            }
        };
        (sample.volume.after(elapsed, new), sample.at.is_none() || elapsed >= APART)
    }
}

#[cfg(all(test, not(retry_loom)))]
#[path = "volume_tests.rs"]
mod tests;
