//! Attempts in a row that their callers dropped, each after a time in which an answer might have come.

use std::time::Duration;

use super::super::tick::Tick;

/// A dropped attempt is nobody's verdict by itself: type-ahead, chat and `select!` leave in health, and a breaker that
/// counted each of them as slow would refuse a healthy service. But callers who all give up while nothing at all comes
/// back say that the other side hangs, and nothing else ever says it (safe-client-gateway#3442, actor-ts#457).
///
/// They do not say it as long as somebody more patient waits: the first answer of a healthy service that takes 10 s comes
/// after 10 s, to the one who has stayed.
#[derive(Clone, Debug)]
pub(in crate::breaker) struct Dropped {
    pub(in crate::breaker) count: u32,
    /// From when on no answer has come, as far as these drops show.
    since: Duration,
    /// When the first of them was dropped.
    first: Duration,
    /// The longest time that one of them waited.
    longest: Duration,
    /// Calls under way, oldest first: their numbers and when they began.
    waiting: Vec<(u32, Duration)>,
    next: u32,
}

/// How long an attempt ran before its caller dropped it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::breaker) enum Ran {
    /// Too short a time for an answer.
    Briefly,
    /// At least as long as an answer may take.
    Long(Duration),
    /// Not known: the breaker did not watch drops when the attempt began.
    Unknown,
}

/// How long there must have been no answer of any kind.
const SILENCE: Duration = Duration::from_secs(10);

/// The limit of calls under way that are listed; only the oldest one matters.
const LISTED: usize = 1000;

/// Numbers are at most this: the place that a permit has for one.
pub(in crate::breaker) const NUMBERS: u32 = (1 << 27) - 1;

impl Dropped {
    pub(in crate::breaker) const NONE: Dropped = Dropped {
        count: 0,
        since: Duration::ZERO,
        first: Duration::ZERO,
        longest: Duration::ZERO,
        waiting: Vec::new(),
        next: 0,
    };

    pub(in crate::breaker) const fn any(&self) -> bool {
        self.count > 0
    }

    /// Begins anew, at an answer.
    pub(in crate::breaker) fn forget(&mut self) {
        if self.count > 0 || !self.waiting.is_empty() {
            let next = self.next;
            *self = Dropped { next, ..Dropped::NONE };
        }
    }

    /// Lists a call that begins: its number, or 0 if the list is full.
    pub(in crate::breaker) fn list(&mut self, now: Duration) -> u32 {
        if self.waiting.len() >= LISTED {
            return 0;
        }
        self.next = self.next % NUMBERS + 1;
        self.waiting.push((self.next, now));
        self.next
    }

    /// Takes a call that has ended off the list; false when it was not on it.
    pub(in crate::breaker) fn unlist(&mut self, number: u32) -> bool {
        let listed = self.waiting.len();
        self.waiting.retain(|(each, _)| *each != number);
        self.waiting.len() < listed
    }

    /// Counts a drop; `last_answer` is the time of the last result.
    pub(in crate::breaker) fn add(
        &mut self,
        now: Duration,
        number: u32,
        ran: Ran,
        patience: Duration,
        last_answer: Option<Duration>,
    ) {
        let is_listed = self.unlist(number);
        let ran = match ran {
            Ran::Briefly => return,
            Ran::Long(ran) => ran,
            // The first one makes the breaker watch. The benefit of the doubt is harmless: the others are certain.
            Ran::Unknown if self.count == 0 => Duration::ZERO,
            // It began before the breaker watched.
            Ran::Unknown => match now.saturating_sub(self.first) {
                ran if ran < patience => return,
                ran => ran,
            },
        };
        // Where the breaker did not watch, others may wait since a moment before the first drop.
        let begun = if is_listed || ran >= SILENCE { now.saturating_sub(ran) } else { now };
        let since = begun.max(last_answer.unwrap_or_default());
        if self.count == 0 {
            (self.first, self.since) = (now, since);
        }
        self.since = self.since.min(since);
        self.longest = self.longest.max(ran);
        self.count = self.count.saturating_add(1);
    }

    /// Whether so many of them, and so long a silence, are enough to open.
    #[inline]
    pub(in crate::breaker) fn trips(&self, now: Tick, enough: u32) -> bool {
        self.count >= enough && self.is_silence(now.time())
    }

    fn is_silence(&self, now: Duration) -> bool {
        now.saturating_sub(self.since) >= SILENCE && !self.somebody_is_more_patient(now)
    }

    /// Whether a caller waits longer than all who left, and not yet so long that the wait itself is a silence.
    fn somebody_is_more_patient(&self, now: Duration) -> bool {
        let waited = self.waiting.first().map(|(_, since)| now.saturating_sub(*since));
        waited.is_some_and(|waited| waited > self.longest && waited < SILENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Callers who come ten times a second and leave after `patience`, beside one who came at `patient` and stays: the
    /// second in which three of them in a row, and the silence, are enough to open.
    fn opens(patience: Duration, patient: Option<u64>) -> Option<u64> {
        let (mut drops, mut under_way) = (Dropped::NONE, Vec::new());
        (0..400u64).find_map(|tenth| {
            let now = Duration::from_millis(100 * tenth);
            let is_due = |(_, since): &(u32, Duration)| now - *since >= patience;
            let leave = under_way.iter().copied().filter(is_due).collect::<Vec<_>>();
            under_way.retain(|call| !is_due(call));
            for (number, since) in leave {
                drops.add(now, number, Ran::Long(now - since), SECOND, None);
            }
            under_way.push((drops.list(now), now));
            if patient.is_some_and(|since| secs(since) == now) {
                drops.list(now);
            }
            drops.trips(Tick::at(now), 3).then_some(now.as_secs())
        })
    }

    #[test]
    fn callers_who_all_leave_open_after_ten_seconds_however_long_they_wait() {
        for patience in [1, 2, 5, 9, 10] {
            assert_eq!(opens(secs(patience), None), Some(10), "{patience} s");
        }
        assert_eq!(opens(secs(30), None), Some(30));
    }

    #[test]
    fn nothing_opens_while_a_caller_waits_longer_than_all_who_left_until_that_is_a_silence_too() {
        assert_eq!(opens(SECOND, Some(0)), Some(10));
        assert_eq!(opens(SECOND, Some(4)), Some(14));
        assert_eq!(opens(secs(5), Some(4)), Some(14));
        assert_eq!(opens(SECOND, Some(20)), Some(10), "nobody had stayed by then");
    }

    #[test]
    fn a_drop_that_comes_before_an_answer_may_have_come_is_none() {
        let mut drops = Dropped::NONE;
        let number = drops.list(secs(1));
        drops.add(secs(2), number, Ran::Briefly, SECOND, None);
        assert!(!drops.any() && drops.waiting.is_empty());
    }

    #[test]
    fn the_silence_begins_with_the_last_answer_at_the_earliest() {
        let mut drops = Dropped::NONE;
        for (now, trips) in [(12, false), (13, true)] {
            drops.add(secs(now), 0, Ran::Long(secs(11)), SECOND, Some(secs(3)));
            assert_eq!(drops.trips(Tick::at(secs(now)), 1), trips, "at {now} s");
        }
    }

    #[test]
    fn numbers_stay_within_their_bits_and_the_list_within_its_limit() {
        let mut drops = Dropped { next: NUMBERS - 1, ..Dropped::NONE };
        assert_eq!([drops.list(SECOND), drops.list(SECOND)], [NUMBERS, 1]);
        (2..LISTED).for_each(|_| assert_ne!(drops.list(SECOND), 0));
        assert_eq!(drops.list(SECOND), 0);
        drops.forget();
        assert_eq!(drops.list(SECOND), LISTED as u32);
    }
}
