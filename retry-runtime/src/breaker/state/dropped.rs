//! Attempts in a row that their callers dropped, each after a time in which an answer might have come.

use std::time::Duration;

/// A dropped attempt is nobody's verdict by itself: type-ahead, chat and `select!` leave in health, and a breaker that
/// counted each of them as slow would refuse a healthy service. But callers who all give up while nothing at all comes
/// back say that the other side hangs, and nothing else ever says it (safe-client-gateway#3442, actor-ts#457).
#[derive(Clone, Copy, Debug)]
pub(in crate::breaker) struct Dropped {
    pub(in crate::breaker) count: u32,
    /// From when on no answer has come, as far as these drops show.
    since: Duration,
    /// When the first of them was dropped.
    first: Duration,
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

impl Dropped {
    pub(in crate::breaker) const NONE: Dropped =
        Dropped { count: 0, since: Duration::ZERO, first: Duration::ZERO };

    pub(in crate::breaker) const fn any(&self) -> bool {
        self.count > 0
    }

    /// Counts a drop.
    pub(in crate::breaker) fn add(&mut self, now: Duration, ran: Ran, patience: Duration) {
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
        // A short attempt shows the silence only after its end: the first answers of a slow, healthy service have not
        // come when the first callers leave.
        let since = if ran >= SILENCE { now.saturating_sub(ran) } else { now };
        if self.count == 0 {
            (self.first, self.since) = (now, since);
        }
        self.since = self.since.min(since);
        self.count = self.count.saturating_add(1);
    }

    /// Whether so many of them, and so long a silence, are enough to open.
    pub(in crate::breaker) fn trips(&self, now: Duration, enough: u32) -> bool {
        self.count >= enough && now.saturating_sub(self.since) >= SILENCE
    }
}
