//! The counts and the history of a function's calls, except first-try successes, which are counted elsewhere.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use super::function::Site;
use crate::base::clock::{self, Moment};
use crate::base::counters;
use crate::base::sync::unpoisoned;
use crate::base::time::{Instant, SystemTime};
use crate::budget::Calls;
use crate::policy::PolicyError;
use crate::report::draft::Draft;
use crate::report::record::PastCall;
use crate::report::ring::{Past, Ring};
use crate::report::stats::Stats;
use crate::report::stats::{Ended, Failures};

/// No site warns of its empty budget more often.
const WARN_EVERY: Duration = Duration::from_secs(60);

/// The limits of each function's history.
///
/// ```
/// use retry_runtime::HistoryLimits;
///
/// retry_runtime::limit_history(HistoryLimits { calls: 100, bytes: 512 * 1024 });
/// # retry_runtime::limit_history(HistoryLimits::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HistoryLimits {
    /// At most so many calls; 0 keeps none. 32 by default.
    pub calls: usize,
    /// At most so many bytes, all calls of one function together. 65536 by default.
    pub bytes: usize,
}

impl Default for HistoryLimits {
    #[inline]
    fn default() -> Self {
        HistoryLimits { calls: 32, bytes: 64 * 1024 }
    }
}

static MOST_CALLS: AtomicUsize = AtomicUsize::new(32);
static MOST_BYTES: AtomicUsize = AtomicUsize::new(64 * 1024);

/// Sets the limits of each function's history. The next call drops the calls beyond them.
///
/// ```
/// use retry_runtime::{HistoryLimits, limit_history};
///
/// limit_history(HistoryLimits { calls: 100, bytes: 256 * 1024 });
/// ```
#[inline]
pub fn limit_history(limits: HistoryLimits) {
    MOST_CALLS.store(limits.calls, Ordering::Relaxed);
    MOST_BYTES.store(limits.bytes, Ordering::Relaxed);
}

/// The memory of one function, made at its first failure.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    stats: Stats,
    /// First-try successes that were counted before the last `clear`.
    cleared: u64,
    /// All that was counted before the last `clear`.
    before: Stats,
    past: Ring,
    pub(super) findings: Findings,
}

/// Facts for the doctor that no count has.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Findings {
    /// Since when the budget has refused every retry.
    pub(crate) refused_since: Option<Instant>,
    /// The longest time for which it did.
    pub(crate) longest_refusal: Duration,
    warned_of_budget: Option<Instant>,
    warned_undeclared: bool,
    warned_of_hook: bool,
    warned_not_repeatable: bool,
    warned_of_declaration: bool,
    warned_of_policy: bool,
    warned_uncut: bool,
    /// How many attempts failed with a boxed error that has no known type inside.
    pub(crate) unknown: u64,
    warned_unknown: bool,
    /// It has slept on a thread of an async runtime.
    pub(crate) blocked_worker: bool,
    /// The function whose later attempt it was called in.
    pub(crate) called_in: Option<&'static Site>,
}

/// The counts of a function since the program started, also those that were cleared: counters of metrics never
/// go down.
#[inline]
pub fn totals(site: &Site) -> Stats {
    let mut stats = site.ledger(|ledger| {
        let mut stats = ledger.before.clone();
        stats.add(&ledger.stats);
        stats.add_first_tries(site.first_tries().saturating_sub(ledger.cleared));
        stats
    });
    site.parts().iter().for_each(|part| stats.add(&totals(part)));
    stats
}

impl Site {
    fn ledger<T>(&self, work: impl FnOnce(&mut Ledger) -> T) -> T {
        let mut ledger = unpoisoned(self.ledger.lock());
        work(ledger.get_or_insert_default())
    }

    /// Counts a call that did not succeed at once, and takes its draft to remember it; `earlier` are failures that the
    /// draft does not have. Leaves the draft of a call that is forgotten, whose memory another call can use, or an empty
    /// one.
    pub(crate) fn note(
        &self,
        ended: Ended,
        earlier: Option<&Failures>,
        at: SystemTime,
        draft: &mut Draft,
    ) {
        let limits = (MOST_CALLS.load(Ordering::Relaxed), MOST_BYTES.load(Ordering::Relaxed));
        let forgotten = self.ledger(|ledger| {
            ledger.stats.count(ended);
            draft.count_failures(&mut ledger.stats.failures);
            if let Some(earlier) = earlier {
                ledger.stats.failures.add(*earlier);
            }
            // Calls that an open breaker refuses must not drive out those whose failures have opened it.
            if draft.made() == 0 {
                return ledger.past.fit(limits);
            }
            ledger.past.keep(at, draft, limits)
        });
        // Not under the lock.
        drop(forgotten);
    }

    /// How often the function was called, and how its calls ended, those with a label included.
    #[inline]
    pub fn stats(&self) -> Stats {
        let mut stats = self.ledger(|ledger| {
            let mut stats = ledger.stats.clone();
            stats.add_first_tries(self.first_tries().saturating_sub(ledger.cleared));
            stats
        });
        self.parts().iter().for_each(|part| stats.add(&part.stats()));
        stats
    }

    /// Calls that succeeded at once, in the whole life of the process.
    fn first_tries(&self) -> u64 {
        match self.number() {
            0 => 0,
            number => counters::sum(number),
        }
    }

    /// The last calls that did not succeed at once, the oldest first, those with a label included: the report of such a call
    /// has the name `function[label]`.
    #[inline]
    pub fn history(&self) -> Vec<PastCall> {
        // Not under the lock: a report has an allocation for each text.
        let past: Vec<Past> = self.ledger(|ledger| ledger.past.all().cloned().collect());
        let mut past: Vec<_> = past.iter().map(|past| past.of(self.name())).collect();
        let parts = self.parts();
        if !parts.is_empty() {
            past.extend(parts.iter().flat_map(|part| part.history()));
            past.sort_by_key(|past| past.ended);
        }
        past
    }

    /// Starts the counts at zero again, and forgets the past.
    #[inline]
    pub fn clear(&self) {
        let past = self.ledger(|ledger| {
            let first_tries = self.first_tries();
            ledger.stats.add_first_tries(first_tries.saturating_sub(ledger.cleared));
            ledger.before.add(&std::mem::take(&mut ledger.stats));
            ledger.cleared = first_tries;
            ledger.findings = Findings::default();
            std::mem::take(&mut ledger.past)
        });
        drop(past);
        self.measured.clear();
        self.parts().iter().for_each(|part| part.clear());
    }

    #[inline]
    pub(crate) fn findings(&self) -> Findings {
        self.ledger(|ledger| ledger.findings)
    }

    /// Whether a warning is due: the flag says that it was given before, and is set.
    fn is_first(&self, flag: impl FnOnce(&mut Findings) -> &mut bool) -> bool {
        !self.ledger(|ledger| std::mem::replace(flag(&mut ledger.findings), true))
    }

    /// Says once how to declare idempotency, after an `Ambiguous` failure that had to end the call.
    #[cold]
    pub(crate) fn warn_undeclared(&self) {
        if self.is_first(|findings| &mut findings.warned_undeclared) {
            crate::event::undeclared(self.name());
        }
    }

    /// Says once that a request was not retried because it cannot be sent a second time.
    #[cold]
    pub(crate) fn warn_not_repeatable(&self) {
        if self.is_first(|findings| &mut findings.warned_not_repeatable) {
            crate::event::not_repeatable(self.name());
        }
    }

    /// Says once that the function's `on_retry` hook panics.
    #[cold]
    #[inline]
    pub(crate) fn warn_of_hook(&self) {
        if self.is_first(|findings| &mut findings.warned_of_hook) {
            crate::event::hook_panicked(self.name());
        }
    }

    /// Says once that a call's own policy is not valid as it was given.
    #[cold]
    pub(crate) fn warn_of_policy(&self, mistake: &PolicyError) {
        if self.is_first(|findings| &mut findings.warned_of_policy) {
            crate::event::repaired_policy(self.told_name(), mistake.settings()[0], mistake);
        }
    }

    /// Says once that nothing enforces the timeout of a call's own policy.
    #[cold]
    #[inline]
    pub(crate) fn warn_uncut(&self) {
        if self.is_first(|findings| &mut findings.warned_uncut) {
            crate::event::uncut(self.told_name());
        }
    }

    /// The name in a warning.
    fn told_name(&self) -> &'static str {
        if self.is_listed() { self.name() } else { "(a call without a name)" }
    }

    /// Whether a second declaration with other settings is to be told: the first one is.
    #[inline]
    pub(super) fn warn_of_declaration(&self) -> bool {
        self.is_first(|findings| &mut findings.warned_of_declaration)
    }

    /// Says once how to classify errors, after a boxed error that has no known type inside.
    #[cold]
    pub(crate) fn warn_unknown(&self) {
        let first = self.is_first(|findings| {
            findings.unknown += 1;
            &mut findings.warned_unknown
        });
        if first {
            crate::event::unknown(self.name());
        }
    }

    /// The budget has refused a retry. Whether that is to be said aloud: once a minute it is.
    #[cold]
    pub(crate) fn note_refusal(&self, now: Instant) -> bool {
        self.refusing.store(true, Ordering::Relaxed);
        self.ledger(|ledger| {
            let findings = &mut ledger.findings;
            let since = *findings.refused_since.get_or_insert(now);
            findings.longest_refusal =
                findings.longest_refusal.max(now.saturating_duration_since(since));
            let due = |last: Instant| now.saturating_duration_since(last) >= WARN_EVERY;
            let due = findings.warned_of_budget.is_none_or(due);
            if due {
                findings.warned_of_budget = Some(now);
            }
            due
        })
    }

    /// The budget has paid for a retry.
    #[inline]
    pub(crate) fn note_payment(&self) {
        // A look first: to write costs a locked instruction, and as a rule nothing was refused.
        if self.refusing.load(Ordering::Relaxed) && self.refusing.swap(false, Ordering::Relaxed) {
            self.ledger(|ledger| ledger.findings.refused_since = None);
        }
    }

    #[inline]
    pub(crate) fn note_blocked_worker(&self) {
        self.ledger(|ledger| ledger.findings.blocked_worker = true);
    }

    pub(crate) fn note_called_in(&self, outer: &'static Site) {
        self.ledger(|ledger| ledger.findings.called_in = Some(outer));
    }
}

impl Calls for Site {
    /// All calls that have ended, also those that were cleared: the number never goes down.
    fn calls(&self) -> u64 {
        let ledger = unpoisoned(self.ledger.lock());
        let (noted, cleared) = ledger.as_ref().map_or((0, 0), |ledger| {
            (ledger.before.calls() + ledger.stats.calls(), ledger.cleared)
        });
        drop(ledger);
        let of_parts: u64 = self.parts().iter().map(|part| part.calls()).sum();
        of_parts + noted + self.first_tries().saturating_sub(cleared)
    }

    fn counted_for(&self) -> Duration {
        let now = Moment::of(clock::real_now());
        self.called_since.get().map_or(Duration::ZERO, |since| now.since(*since))
    }
}
