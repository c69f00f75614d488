//! The lock-free path of a closed breaker: one atomic word, and the content of a permit.
//!
//! While the breaker is closed, two things happen all the time and change nothing: a call is admitted, and
//! a call succeeds. Both are decided by one word, without the lock:
//!
//! ```text
//! 63 … 32      31       30      29     28          27        26 … 0
//! generation   closed   quiet   fast   saturated   watching  successes kept
//! ```
//!
//! - `closed`: calls are admitted.
//! - `watching`: no answer has come since the last call that its caller dropped, or since the state began. A call that
//!   begins is listed under the lock, and a success must be told there.
//! - `fast`: the start of a call need not be known: slow calls are not counted, and drops are not watched.
//! - `quiet`: no quick success can trip the breaker until a failure or time changes the window
//!   (`Closed::quiet`). Successes are then counted in the low bits by compare-and-swap, and the next holder of
//!   the lock adds them to the window first. Successes commute, so the window is the same as if each had been
//!   counted under the lock.
//! - `saturated`: a count window consists of kept successes only. Further successes, of any generation, change
//!   nothing and write nothing.
//!
//! The generation is in the same word, so no interleaving of threads counts a result in a later generation. A
//! call that races the opening may be admitted, as if it had come just before.
//!
//! A permit holds one word as well, [`Held`]: generation and bit 31 stand in the same places, so an admitting
//! word is copied as it is.

use std::time::Duration;

use super::settings::{BreakerSettings, PATIENCE, Window};
use super::state::NUMBERS;
use super::ticket::Ticket;
use crate::base::sync::{AtomicU64, Ordering, const_unless_loom};

const KEPT: u64 = (1 << 27) - 1;
const WATCHING: u64 = 1 << 27;
const SATURATED: u64 = 1 << 28;
const FAST: u64 = 1 << 29;
const QUIET: u64 = 1 << 30;
const CLOSED: u64 = 1 << 31;

/// The steps of a call that need no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Path {
    /// None: every step takes the lock.
    Locked,
    /// Admit. Quick successes are kept or not.
    Admit { start: Start, keeps: bool },
}

/// The facts about a call that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// Nothing.
    Untimed,
    /// The time.
    Timed,
    /// The time; and the call is listed under the lock.
    Listed,
}

/// The word, and the moment up to which it is valid.
///
/// Relaxed orderings throughout: the word publishes nothing but itself. The lock publishes the window, and
/// read-modify-writes always see the newest value.
#[derive(Debug)]
pub(super) struct Word {
    word: AtomicU64,
    /// Nanoseconds since the breaker's start at which time changes a time window.
    stable_until: AtomicU64,
    /// The size of a count window: so many kept successes, and another one changes nothing. 0 for a time window, where
    /// every one counts. Like the next one it changes with the settings only.
    size: AtomicU64,
    /// Nanoseconds from which on a call is slow; `NEVER` where slow calls are not counted.
    slow: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Word {
    const_unless_loom! {
        /// Of a closed breaker with an empty window.
        pub(super) fn new(settings: &BreakerSettings) -> Self {
            Word {
                // No answer has come yet.
                word: AtomicU64::new(CLOSED | QUIET | WATCHING),
                stable_until: AtomicU64::new(0),
                size: AtomicU64::new(size(settings)),
                slow: AtomicU64::new(slow(settings)),
            }
        }
    }

    /// Goes on with other settings. The caller holds the lock, and [publishes](Self::publish) after this.
    pub(super) fn configure(&self, settings: &BreakerSettings) {
        self.size.store(size(settings), Ordering::Relaxed);
        self.slow.store(slow(settings), Ordering::Relaxed);
    }

    /// The time after which a call is slow, or might have been answered.
    pub(super) fn patience(&self) -> Duration {
        match self.slow.load(Ordering::Relaxed) {
            NEVER => PATIENCE,
            nanos => Duration::from_nanos(nanos),
        }
    }

    /// Whether slow calls are counted.
    pub(super) fn counts_slow(&self) -> bool {
        self.slow.load(Ordering::Relaxed) != NEVER
    }

    /// Whether a success must be told under the lock, because no answer has come since the last drop.
    pub(super) fn watches_drops(&self) -> bool {
        self.word.load(Ordering::Relaxed) & WATCHING != 0
    }

    /// Admits a call that need not be listed: the generation.
    pub(super) fn admit_unlisted(&self) -> Option<u32> {
        let word = self.word.load(Ordering::Relaxed);
        (word & (CLOSED | WATCHING) == CLOSED).then_some((word >> 32) as u32)
    }

    /// Admits a call that needs neither the lock nor the time.
    #[inline(always)]
    pub(super) fn admit_fast(&self) -> Option<Held> {
        let word = self.word.load(Ordering::Relaxed);
        // `FAST` is never set without `CLOSED`.
        debug_assert!(word & FAST == 0 || word & CLOSED != 0);
        (word & FAST != 0).then_some(Held(word))
    }

    /// Whether a success, of any generation and duration, changes nothing.
    #[inline(always)]
    pub(super) fn is_saturated(&self) -> bool {
        self.word.load(Ordering::Relaxed) & SATURATED != 0
    }

    /// Admits a call that does not need the lock: the generation.
    #[inline]
    pub(super) fn admit(&self) -> Option<u32> {
        let word = self.word.load(Ordering::Relaxed);
        (word & CLOSED != 0).then_some((word >> 32) as u32)
    }

    /// Whether time changes the window.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.size.load(Ordering::Relaxed) == 0
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
        let size = self.size.load(Ordering::Relaxed);
        loop {
            if (word >> 32) as u32 != generation || word & (CLOSED | QUIET) != CLOSED | QUIET {
                return false;
            }
            match size {
                0 if word & KEPT == KEPT => return false,
                1.. if word & KEPT >= size => return true,
                _ => {}
            }
            let next = match size {
                1.. if word & FAST != 0 && (word + 1) & KEPT >= size => (word + 1) | SATURATED,
                _ => word + 1,
            };
            match self.word.compare_exchange_weak(word, next, Ordering::Relaxed, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(newer) => word = newer,
            }
        }
    }

    /// Takes the kept successes, for the holder of the lock to count. Until [`publish`](Self::publish) no
    /// other thread keeps one: each waits for the lock.
    pub(super) fn take_kept(&self) -> u32 {
        let word = self.word.fetch_and(!(QUIET | SATURATED | KEPT), Ordering::Relaxed);
        (word & KEPT) as u32
    }

    /// Sets the generation and the steps that need no lock from now on. The caller holds the lock.
    pub(super) fn publish(&self, generation: u32, path: Path, stable_until: Option<Duration>) {
        let nanos = stable_until
            .map_or(u64::MAX, |until| u64::try_from(until.as_nanos()).unwrap_or(u64::MAX));
        self.stable_until.store(nanos, Ordering::Relaxed);
        let flags = match path {
            Path::Locked => 0,
            Path::Admit { start, keeps } => {
                let start = match start {
                    Start::Untimed => FAST,
                    Start::Timed => 0,
                    Start::Listed => WATCHING,
                };
                CLOSED | start | if keeps { QUIET } else { 0 }
            }
        };
        self.word.store(u64::from(generation) << 32 | flags, Ordering::Relaxed);
    }

    /// The successes that are kept at this moment.
    #[cfg(all(test, not(retry_loom)))]
    pub(super) fn kept(&self) -> u64 {
        self.word.load(Ordering::Relaxed) & KEPT
    }
}

const fn size(settings: &BreakerSettings) -> u64 {
    match settings.window {
        Window::Count(calls) => calls as u64,
        Window::Time(_) => 0,
    }
}

const fn slow(settings: &BreakerSettings) -> u64 {
    match settings.slow {
        // Not `try_from`, which is not `const`; 500 years are as good as never.
        Some(slow) if slow.as_nanos() < NEVER as u128 => slow.as_nanos() as u64,
        _ => NEVER,
    }
}

/// The content of a permit: nothing (0), the admission of a call, or a place among the probes.
///
/// ```text
/// 63 … 32      31     30 … 0
/// generation   call   of a call: its number if it is listed (then `fast` is 0); of a probe: its number, from 1
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held(u64);

impl Held {
    pub(super) const NOTHING: Held = Held(0);

    pub(super) const fn ticket(self) -> Ticket {
        let generation = (self.0 >> 32) as u32;
        Ticket { generation, probe: self.probe(), number: self.number(), since: None }
    }

    pub(super) const fn probe(self) -> Option<u32> {
        match self.0 as u32 {
            0 => None,
            _ if self.0 & CLOSED != 0 => None,
            number => Some(number - 1),
        }
    }

    /// The number of a listed call, else 0.
    const fn number(self) -> u32 {
        match self.0 & (CLOSED | FAST) {
            CLOSED => self.0 as u32 & NUMBERS,
            _ => 0,
        }
    }

    #[inline(always)]
    pub(super) const fn is_something(self) -> bool {
        self.0 != Held::NOTHING.0
    }
}

impl From<Ticket> for Held {
    fn from(ticket: Ticket) -> Self {
        let low = match ticket.probe {
            // Never reached: `probes` is far smaller, and an abandoned probe leaves its number.
            Some(number) => u64::from(number.saturating_add(1)).min(CLOSED - 1),
            None => CLOSED | u64::from(ticket.number),
        };
        Held(u64::from(ticket.generation) << 32 | low)
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_comes_out_as_it_was_put_in() {
        for generation in [0, 1, u32::MAX] {
            for (probe, number) in
                [(None, 0), (None, 7), (None, NUMBERS), (Some(0), 0), (Some(1), 0), (Some(1000), 0)]
            {
                let ticket = || Ticket { generation, probe, number, since: None };
                let held = Held::from(ticket());
                assert!(held.is_something());
                assert_eq!(held.ticket(), ticket());
            }
        }
        assert!(!Held::NOTHING.is_something());
    }

    #[test]
    fn a_state_word_that_admits_is_an_admission_whatever_else_it_says() {
        for more in [0, 7, (1 << 31) - 1] {
            let held = Held(3 << 32 | CLOSED | FAST | more);
            assert_eq!(
                held.ticket(),
                Ticket { generation: 3, probe: None, number: 0, since: None }
            );
        }
    }
}
