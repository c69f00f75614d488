//! The path around the lock, for what cannot change a closed breaker.
//!
//! While the breaker is closed, two things happen all the time and change nothing: a call is admitted, and
//! a call succeeds. Both are decided by one word, without the lock:
//!
//! ```text
//! 63 … 32      31       30      29     28          27 … 0
//! generation   closed   quiet   fast   saturated   successes kept
//! ```
//!
//! `closed` admits, and `fast` says that the time of the admission need not be known. `quiet` is set by whoever holds the lock, when no quick success can trip until the
//! window is next changed by a failure or by time (`Machine::quiet`): the success is then kept in the
//! low bits by compare-and-swap, and whoever takes the lock next counts it before anything else. Since
//! successes commute with each other, the window is the same as if each had been counted on its own.
//! Once a count window consists of nothing but kept successes, it is `saturated`, and further ones do not
//! even write: one look at that bit says that nothing need be done, whichever generation they are of.
//!
//! The generation is in the same word, so a result can never be counted in a later one, however the
//! threads interleave. A call that races the opening may be admitted, as if it had come just before.

use std::time::Duration;

use super::held::Held;
use super::settings::Window;
use crate::base::sync::{AtomicU64, Ordering, const_unless_loom};

const KEPT: u64 = (1 << 28) - 1;
const SATURATED: u64 = 1 << 28;
const FAST: u64 = 1 << 29;
const QUIET: u64 = 1 << 30;
const CLOSED: u64 = Held::CALL;

/// What may be done without the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// Nothing.
    Locked,
    /// Admit.
    Admit,
    /// Admit, and keep quick successes.
    AdmitAndKeep,
}

/// The word, and the moment up to which it holds.
///
/// Relaxed orderings throughout: the word publishes nothing but itself. What it stands for is handed on
/// by the lock, and read-modify-writes always see the newest value.
#[derive(Debug)]
pub(super) struct Word {
    word: AtomicU64,
    /// Nanoseconds since the epoch at which time changes a time window.
    stable_until: AtomicU64,
    /// Kept successes after which another one changes nothing; `None` where every one counts.
    saturated: Option<u64>,
    /// `FAST` where the duration of a call is not looked at.
    fast: u64,
}

impl Word {
    const_unless_loom! {
        /// Of a closed breaker with an empty window.
        pub(super) fn new(window: Window, slow_calls_count: bool) -> Self {
            let fast = if slow_calls_count { 0 } else { FAST };
            Word {
                word: AtomicU64::new(CLOSED | QUIET | fast),
                fast,
                stable_until: AtomicU64::new(0),
                saturated: match window {
                    Window::Count(calls) => Some(calls as u64),
                    Window::Time(_) => None,
                },
            }
        }
    }

    /// The admission of a call, if neither the lock nor the time is needed for it.
    #[inline(always)]
    pub(super) fn admit_fast(&self) -> Option<Held> {
        let word = self.word.load(Ordering::Relaxed);
        // What is fast admits.
        (word & FAST != 0).then(|| Held::admission(word))
    }

    /// Whether a success, of any generation and however long it took, changes nothing.
    #[inline(always)]
    pub(super) fn is_saturated(&self) -> bool {
        self.word.load(Ordering::Relaxed) & SATURATED != 0
    }

    /// The generation in which a call is admitted, if it is without the lock.
    #[inline]
    pub(super) fn admit(&self) -> Option<u32> {
        let word = self.word.load(Ordering::Relaxed);
        (word & CLOSED != 0).then_some((word >> 32) as u32)
    }

    /// Whether time changes the window.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.saturated.is_none()
    }

    /// Whether time has not changed the window yet. Read apart from the word: a success that races the
    /// turn of a bucket may be counted in the next one, as if it had come a moment later.
    #[inline]
    pub(super) fn is_stable(&self, tick: Duration) -> bool {
        (tick.as_nanos() as u64) < self.stable_until.load(Ordering::Relaxed)
    }

    /// Keeps a success of this generation; false when it must be counted under the lock.
    #[inline]
    pub(super) fn keep(&self, generation: u32) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        loop {
            if (word >> 32) as u32 != generation || word & (CLOSED | QUIET) != CLOSED | QUIET {
                return false;
            }
            match self.saturated {
                Some(size) if word & KEPT >= size => return true,
                None if word & KEPT == KEPT => return false,
                _ => {}
            }
            let next = match self.saturated {
                Some(size) if self.fast != 0 && (word + 1) & KEPT >= size => (word + 1) | SATURATED,
                _ => word + 1,
            };
            match self.word.compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(newer) => word = newer,
            }
        }
    }

    /// The successes that were kept, for the holder of the lock to count. Until it publishes, nobody
    /// keeps another: they wait for the lock.
    pub(super) fn take_kept(&self) -> u32 {
        let word = self.word.fetch_and(!(QUIET | SATURATED | KEPT), Ordering::Relaxed);
        (word & KEPT) as u32
    }

    /// What may be done from now on; by the holder of the lock.
    pub(super) fn publish(&self, generation: u32, path: Path, stable_until: Option<Duration>) {
        let nanos = stable_until
            .map_or(u64::MAX, |until| u64::try_from(until.as_nanos()).unwrap_or(u64::MAX));
        self.stable_until.store(nanos, Ordering::Relaxed);
        let flags = match path {
            Path::Locked => 0,
            Path::Admit => CLOSED | self.fast,
            Path::AdmitAndKeep => CLOSED | QUIET | self.fast,
        };
        self.word.store(u64::from(generation) << 32 | flags, Ordering::Relaxed);
    }

    /// The successes that are kept at this moment.
    #[cfg(all(test, not(retry_loom)))]
    pub(super) fn kept(&self) -> u64 {
        self.word.load(Ordering::Relaxed) & KEPT
    }
}
