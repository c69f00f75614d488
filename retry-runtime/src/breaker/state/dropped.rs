//! Attempts in a row that their callers dropped, each after a time in which an answer might have come.

use std::time::Duration;

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

    /// Counts a drop; `last_answer` is the time of the last result.
    pub(in crate::breaker) fn add(
        &mut self,
        now: Duration,
        number: u32,
        ran: Ran,
        patience: Duration,
        last_answer: Option<Duration>,
    ) {
        let listed = self.waiting.len();
        self.waiting.retain(|(each, _)| *each != number);
        let is_listed = self.waiting.len() < listed;
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
    pub(in crate::breaker) fn trips(&self, now: Duration, enough: u32) -> bool {
        self.count >= enough
            && now.saturating_sub(self.since) >= SILENCE
            && !self.somebody_is_more_patient(now)
    }

    /// Whether a caller waits longer than all who left, and not yet so long that the wait itself is a silence.
    fn somebody_is_more_patient(&self, now: Duration) -> bool {
        let waited = self.waiting.first().map(|(_, since)| now.saturating_sub(*since));
        waited.is_some_and(|waited| waited > self.longest && waited < SILENCE)
    }
}
