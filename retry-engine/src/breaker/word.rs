//! The lock-free paths of a breaker: one atomic word, and the content of a permit.
//!
//! While a breaker is closed, two things happen all the time and change nothing: a call is admitted, and
//! a call succeeds. While it is open, calls are refused. All three are decided by one word, without the lock:
//!
//! ```text
//! 63 … 32      31       30      29     28          27         26        25         24 … 0
//! generation   closed   quiet   fast   saturated   watching   untimed   refusing   0
//! ```
//!
//! - `closed`: calls are admitted.
//! - `watching`: no answer has come since the last call that its caller dropped, or since the state began. A call that
//!   begins is listed under the lock, and a success must be told there.
//! - `fast`: the start of a call need not be known: slow calls are not counted, and drops are not watched.
//! - `quiet`: no quick success can trip the breaker until a failure or time changes the window
//!   (`Closed::quiet`). Each thread then counts its successes [for itself](super::runs), and the next holder of
//!   the lock adds them to the window first. Successes commute, so the window is the same as if each had been
//!   counted under the lock.
//! - `untimed`: `quiet` and `fast`, and time does not change the window: the clock is not read.
//! - `saturated`: a count window consists of successes only. Further successes, of any generation, change
//!   nothing and write nothing.
//! - `refusing`: every call is refused until the moment beside the word. Each thread counts its refusals for itself.
//!
//! The word is written under the lock only. A call that races the opening may be admitted, and one that races the
//! closing refused, as if it had come just before. The same holds for a success that races a failure after which successes are
//! no longer quiet: the next holder of the lock counts the success, and then looks whether it trips.
//!
//! A permit holds one word as well, [`Held`]: generation and bit 31 stand in the same places, so an admitting
//! word is copied as it is.

use std::fmt;
use std::time::Duration;

use super::settings::{BreakerSettings, PATIENCE};
use super::state::NUMBERS;
use super::tick::Tick;
use super::ticket::{Mode, Refusal};
use crate::base::sync::{AtomicU64, Ordering, const_unless_loom};

const REFUSING: u64 = 1 << 25;
const UNTIMED: u64 = 1 << 26;
const WATCHING: u64 = 1 << 27;
const SATURATED: u64 = 1 << 28;
const FAST: u64 = 1 << 29;
const QUIET: u64 = 1 << 30;
const CLOSED: u64 = 1 << 31;

/// The facts about a call that begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// The breaker needs no fact about the call.
    Untimed,
    /// The breaker needs the time at which the call begins.
    Timed,
    /// The breaker needs the time, and lists the call under the lock.
    Listed,
}

/// How a quick success is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Successes {
    /// Under the lock.
    Locked,
    /// By its thread.
    ByThread,
    /// Not at all: it changes nothing.
    Uncounted,
}

/// The steps of a call that need no lock: the lower half of the word, and the moment beside the word.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    flags: u64,
    until: u64,
}

impl Path {
    /// Every step takes the lock.
    pub(super) const LOCKED: Path = Path { flags: 0, until: NEVER };

    /// Every call is refused, until this moment; until another order without one.
    pub(super) fn refuse(until: Option<Duration>) -> Self {
        match until.map(nanos) {
            // A word has no room for the moment.
            Some(NEVER) => Path::LOCKED,
            until => Path { flags: REFUSING, until: until.unwrap_or(NEVER) },
        }
    }

    /// Calls are admitted. Time next changes the window at the end of `stable`.
    #[inline]
    pub(super) fn admit(start: Start, successes: Successes, stable: Option<Tick>) -> Self {
        let start = match start {
            Start::Untimed => FAST,
            Start::Timed => 0,
            Start::Listed => WATCHING,
        };
        let successes = match successes {
            Successes::Locked => 0,
            Successes::ByThread if start == FAST && stable.is_none() => QUIET | UNTIMED,
            Successes::ByThread => QUIET,
            Successes::Uncounted => SATURATED,
        };
        Path { flags: CLOSED | start | successes, until: stable.map_or(NEVER, Tick::nanos) }
    }

    /// Whether threads count something for themselves.
    pub(super) const fn counts(self) -> bool {
        self.flags & (REFUSING | QUIET) != 0
    }
}

/// The word, and the moment up to which it is valid.
///
/// Relaxed orderings where a call is admitted or succeeds: there the word publishes nothing but itself. The lock
/// publishes the window.
#[derive(Debug)]
pub(super) struct Word {
    word: AtomicU64,
    /// Nanoseconds since the breaker's start at which time changes a time window, or at which an open state ends.
    until: AtomicU64,
    /// Nanoseconds from which on a call is slow; `NEVER` where slow calls are not counted. It changes with the settings
    /// only.
    slow: AtomicU64,
}

const NEVER: u64 = u64::MAX;

impl Word {
    const_unless_loom! {
        /// Of a closed breaker with an empty window.
        pub(super) fn new(settings: &BreakerSettings) -> Self {
            Word {
                // No answer has come yet.
                word: AtomicU64::new(CLOSED | WATCHING),
                until: AtomicU64::new(0),
                slow: AtomicU64::new(slow(settings)),
            }
        }
    }

    /// Goes on with other settings. The caller holds the lock, and [publishes](Self::publish) after this.
    pub(super) fn configure(&self, settings: &BreakerSettings) {
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

    /// Whether calls are admitted.
    #[inline]
    pub(super) fn admits(&self) -> bool {
        self.word.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// The present generation.
    pub(super) fn generation(&self) -> u32 {
        (self.word.load(Ordering::Relaxed) >> 32) as u32
    }

    /// How a success is counted at this moment.
    #[inline(always)]
    pub(super) fn now(&self) -> Now {
        Now(self.word.load(Ordering::Relaxed))
    }

    /// Whether threads count quick successes for themselves at this moment. The moment is read apart from the word: a
    /// success that races the turn of a bucket may be counted in the next one, as if it had come a moment later.
    #[inline]
    pub(super) fn is_quiet(&self, tick: Tick) -> bool {
        self.word.load(Ordering::Relaxed) & QUIET != 0
            && tick.nanos() < self.until.load(Ordering::Relaxed)
    }

    /// The refusal of a call at this moment, and a word with the generation that refuses, if that needs no lock.
    pub(super) fn refuse(&self, tick: Tick) -> Option<(u64, Refusal)> {
        // Acquire: whoever sees the word of a state sees its moment or a later one, and whoever sees a later one also sees
        // that the word is outdated.
        let word = self.word.load(Ordering::Acquire);
        if word & REFUSING == 0 {
            return None;
        }
        let until = self.until.load(Ordering::Acquire);
        if self.word.load(Ordering::Relaxed) != word {
            return None;
        }
        let refusal = match until {
            NEVER => Refusal { mode: Mode::ForcedOpen, retry_after: None },
            _ => {
                let left = until.checked_sub(tick.nanos()).filter(|left| *left > 0)?;
                Refusal { mode: Mode::Open, retry_after: Some(Duration::from_nanos(left)) }
            }
        };
        Some((word, refusal))
    }

    /// Sets the generation and the steps that need no lock from now on. The caller holds the lock.
    #[inline]
    pub(super) fn publish(&self, generation: u32, path: Path) {
        let generation = u64::from(generation) << 32;
        let next = generation | path.flags;
        let mut shown = self.word.load(Ordering::Relaxed);
        // Nothing is written that is there already: the other cores go on without a look at memory.
        if self.until.load(Ordering::Relaxed) != path.until {
            if shown & REFUSING != 0 {
                // Before the moment: nobody takes the new one for the end of the old state.
                shown = generation;
                self.word.store(shown, Ordering::Relaxed);
            }
            self.until.store(path.until, Ordering::Release);
        }
        if shown != next {
            self.word.store(next, Ordering::Release);
        }
    }
}

/// The word at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Now(u64);

impl Now {
    /// Whether a success, of any generation and duration, changes nothing.
    #[inline(always)]
    pub(super) fn is_saturated(self) -> bool {
        self.0 & SATURATED != 0
    }

    /// Whether threads count successes for themselves, of any duration and without a look at the clock.
    #[inline(always)]
    pub(super) fn is_untimed(self) -> bool {
        self.0 & UNTIMED != 0
    }
}

/// The nanoseconds of a moment; `NEVER` for one that a word cannot hold.
fn nanos(moment: Duration) -> u64 {
    u64::try_from(moment.as_nanos()).unwrap_or(NEVER)
}

const fn slow(settings: &BreakerSettings) -> u64 {
    match settings.slow {
        // Not `try_from`, which is not `const`; 500 years are as good as never.
        Some(slow) if slow.as_nanos() < NEVER as u128 => slow.as_nanos() as u64,
        _ => NEVER,
    }
}

/// The content of a permit and of a ticket: nothing (0), the admission of a call, or a place among the probes.
///
/// ```text
/// 63 … 32      31     30 … 0
/// generation   call   of a call: its number if it is listed (then `fast` is 0); of a probe: its number, from 1
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Held(u64);

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = f.debug_struct("Held");
        parts.field("generation", &self.generation());
        match self.probe() {
            Some(number) => parts.field("probe", &number),
            None => parts.field("number", &self.number()),
        };
        parts.finish()
    }
}

impl Held {
    pub(super) const NOTHING: Held = Held(0);

    /// The admission of a call: its number if it is listed because drops are watched, else 0.
    pub(super) const fn call(generation: u32, number: u32) -> Self {
        Held((generation as u64) << 32 | CLOSED | number as u64)
    }

    /// The place of a probe with this number.
    pub(super) const fn of_probe(generation: u32, number: u32) -> Self {
        let low = number as u64 + 1;
        // Never reached: `probes` is far smaller, and an abandoned probe leaves its number.
        let low = if low < CLOSED { low } else { CLOSED - 1 };
        Held((generation as u64) << 32 | low)
    }

    pub(super) const fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// Whether the machine knows of the call while it is under way.
    pub(super) const fn is_listed(self) -> bool {
        self.probe().is_some() || self.number() != 0
    }

    pub(super) const fn probe(self) -> Option<u32> {
        match self.0 as u32 {
            0 => None,
            _ if self.0 & CLOSED != 0 => None,
            number => Some(number - 1),
        }
    }

    /// The number of a listed call, else 0.
    pub(super) const fn number(self) -> u32 {
        match self.0 & (CLOSED | FAST) {
            CLOSED => self.0 as u32 & NUMBERS,
            _ => 0,
        }
    }

    /// The word, with the generation in which the call was admitted in its upper half.
    #[inline(always)]
    pub(super) const fn word(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub(super) const fn is_something(self) -> bool {
        self.0 != Held::NOTHING.0
    }
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_a_call_and_of_a_probe_come_out_as_they_were_put_in() {
        for generation in [0, 1, u32::MAX] {
            for (probe, number) in
                [(None, 0), (None, 7), (None, NUMBERS), (Some(0), 0), (Some(1), 0), (Some(1000), 0)]
            {
                let held = match probe {
                    Some(probe) => Held::of_probe(generation, probe),
                    None => Held::call(generation, number),
                };
                assert!(held.is_something());
                assert_eq!((held.generation(), held.probe()), (generation, probe));
                assert_eq!(held.number(), number);
                assert_eq!(held.is_listed(), probe.is_some() || number != 0);
            }
        }
        assert!(!Held::NOTHING.is_something());
    }

    #[test]
    fn a_state_word_that_admits_is_an_admission_whatever_else_it_says() {
        for more in [0, 7, (1 << 31) - 1] {
            let held = Held(3 << 32 | CLOSED | FAST | more);
            assert_eq!((held.generation(), held.probe(), held.number()), (3, None, 0));
        }
    }
}
