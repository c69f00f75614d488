//! The limit of `tracing` events a second.
//!
//! An outage makes every call of a function emit several events, and writing one costs more than everything else that a
//! failed call does. So of each kind, a function writes some events a second, and counts the others. The count is told by
//! the next event of the kind that is written, or when a call of the function starts after the second is over. An event
//! that is left out costs a read of the clock and an atomic, and nothing is formatted.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Level;

use super::vocabulary::{Event, EventKind};
use crate::base::clock::Moment;
use crate::report::reason::StopReason;

/// The events of a kind that a function writes in a second, unless the user sets another number: enough to see what is
/// wrong.
const DEFAULT: u32 = 10;

/// The rates that users set, by kind.
static SET: [AtomicU64; EventKind::ALL.len()] =
    [const { AtomicU64::new(NOT_SET) }; EventKind::ALL.len()];

const NOT_SET: u64 = u64::MAX;
/// Above all rates.
const UNLIMITED: u64 = u64::MAX - 1;

/// Sets the rate of a kind: `Some(None)` for no limit; `None` restores the default.
pub(crate) fn set_rate(kind: EventKind, rate: Option<Option<u32>>) {
    let number = rate.map_or(NOT_SET, |rate| rate.map_or(UNLIMITED, u64::from));
    SET[kind as usize].store(number, Ordering::Relaxed);
}

/// The rate of events of this kind at this level; `None` if there is no limit.
///
/// Whoever turns on debug or trace looks for single events. Changes of breakers and of the configuration are rare and tell
/// what follows, and a budget's refusals have a limit already.
fn rate(kind: EventKind, level: Level) -> Option<u32> {
    match SET[kind as usize].load(Ordering::Relaxed) {
        NOT_SET => match kind {
            EventKind::BreakerTransition
            | EventKind::BudgetExhausted
            | EventKind::ConfigApplied => None,
            _ => (level <= Level::INFO).then_some(DEFAULT),
        },
        number => u32::try_from(number).ok(),
    }
}

/// The events of calls that succeeded have a place of their own, so that they do not take those of the failures.
const SUCCEEDED: usize = EventKind::ALL.len();
const SLOTS: usize = SUCCEEDED + 1;

fn slot_of(event: &Event) -> usize {
    match event {
        Event::CallFinished(event) if event.reason == StopReason::Success => SUCCEEDED,
        event => event.kind() as usize,
    }
}

/// The counts of events of one function, made at its first event.
#[derive(Debug)]
pub(crate) struct Rates(OnceLock<Box<[Slot; SLOTS]>>);

/// The counts of one kind of event.
#[derive(Debug, Default)]
struct Slot {
    /// The second of the last event that was written in the upper half, and the number of those written in that second in
    /// the lower half.
    window: AtomicU64,
    /// The events that were left out and not told yet.
    left_out: AtomicU64,
}

/// The answer to an event that wants to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// Write the event, and that so many before it were left out.
    Write { left_out: u64 },
    /// The event is counted. `first`: no other one is waiting to be told.
    LeaveOut { first: bool },
}

/// A number of events that were left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    pub(super) kind: EventKind,
    pub(super) succeeded: bool,
    pub(super) events: u64,
}

impl Rates {
    pub(crate) const fn new() -> Self {
        Rates(OnceLock::new())
    }

    /// Asks for a place for an event at this level.
    pub(super) fn admit(&self, event: &Event, level: Level) -> Admission {
        let rate = rate(event.kind(), level);
        if rate.is_none() && self.0.get().is_none() {
            return Admission::Write { left_out: 0 };
        }
        let slots = self.0.get_or_init(Box::default);
        let second = || Moment::now().second();
        slots[slot_of(event)].admit(rate.map(|rate| (rate, second())))
    }

    /// Whether events of the current second wait to be told.
    pub(crate) fn is_counting(&self) -> bool {
        self.0.get().is_some_and(|slots| {
            let second = Moment::now().second();
            slots.iter().any(|slot| slot.waits() && slot.is_in(second))
        })
    }

    /// Whether events of a second that is over wait to be told.
    pub(super) fn is_due(&self) -> bool {
        self.0.get().is_some_and(|slots| {
            let second = Moment::now().second();
            slots.iter().any(|slot| slot.waits() && !slot.is_in(second))
        })
    }

    /// Takes the numbers of events that were left out in seconds that are over, if `wanted` says so.
    pub(super) fn take_due(
        &self,
        wanted: impl Fn(&LeftOut) -> bool,
    ) -> impl Iterator<Item = LeftOut> {
        let second = Moment::now().second();
        let slots = self.0.get().into_iter().flat_map(|slots| slots.iter().enumerate());
        slots.filter_map(move |(index, slot)| {
            let kind = EventKind::ALL.get(index).copied().unwrap_or(EventKind::CallFinished);
            let mut due = LeftOut { kind, succeeded: index == SUCCEEDED, events: 0 };
            if slot.waits() && !slot.is_in(second) && wanted(&due) {
                due.events = slot.left_out.swap(0, Ordering::Relaxed);
            }
            (due.events > 0).then_some(due)
        })
    }
}

impl Slot {
    /// `limit` is the rate and the current second; `None` if there is no limit.
    fn admit(&self, limit: Option<(u32, u32)>) -> Admission {
        let has_room = limit.is_none_or(|(rate, second)| self.takes_place(rate, second));
        if !has_room {
            let first = self.left_out.fetch_add(1, Ordering::Relaxed) == 0;
            return Admission::LeaveOut { first };
        }
        // A look first: as a rule there is nothing to tell.
        let left_out = if self.waits() { self.left_out.swap(0, Ordering::Relaxed) } else { 0 };
        Admission::Write { left_out }
    }

    /// Takes one of the places of this second; `false` if there is none left.
    fn takes_place(&self, rate: u32, second: u32) -> bool {
        let next = |window: u64| {
            if !is_in(window, second) {
                return Some(u64::from(second) << 32 | u64::from(rate.min(1)));
            }
            ((window as u32) < rate).then(|| window + 1)
        };
        self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).is_ok() && rate > 0
    }

    fn waits(&self) -> bool {
        self.left_out.load(Ordering::Relaxed) > 0
    }

    fn is_in(&self, second: u32) -> bool {
        is_in(self.window.load(Ordering::Relaxed), second)
    }
}

/// Whether a window is of this second. One of the next second counts, too: another thread has read the clock a moment
/// later.
fn is_in(window: u64, second: u32) -> bool {
    let of = (window >> 32) as u32;
    of == second || of == second.wrapping_add(1)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    const WRITE: Admission = Admission::Write { left_out: 0 };

    #[test]
    fn a_second_has_as_many_places_as_the_rate_and_the_next_second_tells_the_rest() {
        let slot = Slot::default();
        let admitted = |second| slot.admit(Some((2, second)));
        assert_eq!([admitted(7), admitted(7)], [WRITE; 2]);
        assert_eq!(admitted(7), Admission::LeaveOut { first: true });
        assert_eq!(admitted(7), Admission::LeaveOut { first: false });
        assert_eq!(admitted(8), Admission::Write { left_out: 2 });
        assert_eq!(admitted(8), WRITE);
        // A thread that read the clock before the second ended gets no new places.
        assert_eq!(admitted(7), Admission::LeaveOut { first: true });
        // Without a limit, too, the count is told.
        assert_eq!(slot.admit(None), Admission::Write { left_out: 1 });
    }

    #[test]
    fn a_rate_of_zero_counts_every_event_and_tells_them_when_the_second_is_over() {
        let slot = Slot::default();
        for second in 5..8 {
            assert_eq!(slot.admit(Some((0, second))), Admission::LeaveOut { first: second == 5 });
            assert!(slot.is_in(second) && !slot.is_in(second + 1));
        }
    }

    #[test]
    fn threads_together_lose_no_event() {
        let slot = &Slot::default();
        let works = (0..4).map(|_| {
            move || {
                let admissions = (0..10_000).map(|step| slot.admit(Some((3, step / 1_000))));
                admissions.map(seen).sum::<u64>()
            }
        });
        let told: u64 = thread::scope(|scope| {
            let threads: Vec<_> = works.map(|work| scope.spawn(work)).collect();
            threads.into_iter().map(|thread| thread.join().expect("it ended")).sum()
        });
        assert_eq!(told + slot.left_out.load(Ordering::Relaxed), 40_000);
    }

    /// The events that a reader learns of.
    fn seen(admission: Admission) -> u64 {
        match admission {
            Admission::Write { left_out } => 1 + left_out,
            Admission::LeaveOut { .. } => 0,
        }
    }

    proptest! {
        #[test]
        fn whatever_the_clock_does_every_event_is_written_told_or_waits(
            steps in prop::collection::vec((prop::option::of(0..4_u32), any::<u8>()), 0..200),
        ) {
            let slot = Slot::default();
            let mut told = 0;
            for (rate, second) in &steps {
                let second = u32::from(*second).wrapping_sub(128);
                told += seen(slot.admit(rate.map(|rate| (rate, second))));
            }
            prop_assert_eq!(told + slot.left_out.load(Ordering::Relaxed), steps.len() as u64);
        }
    }
}
