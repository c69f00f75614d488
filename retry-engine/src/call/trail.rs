//! The memory of a call that is not plain: begun after the first failure, or at the start of a limited or observed call.

use std::sync::Arc;
use std::time::Duration;

use super::context;
use super::intercept::{Intercept, Intercepted, Note};
use super::live::{Listed, Pause, Ticket};
use super::mode::Mode;
use super::own::Own;
use super::receiver::Observer;
use super::resume::Resumed;
use super::spare;
use crate::base::clock::Moment;
use crate::base::rng::Rng;
use crate::base::sleep::Sleeping;
use crate::budget::{Budget, Withdrawal};
use crate::event::CallSpan;
use crate::failure::class::Kind;
use crate::policy::Policy;
use crate::report::draft::{Attempted, Draft};
use crate::report::stats::Failures;
use crate::site::{Effective, Site};

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) site: &'static Site,
    /// The settings of the function as the configuration changed them.
    pub(super) effective: Option<&'static Effective>,
    pub(super) attempt: u32,
    pub(super) mode: Mode,
    /// When the running attempt started: known if the call is timed, and from the second attempt on. During a pause, when
    /// the next attempt starts, if it follows without a delay: the clock is read once for both.
    pub(super) attempt_started: Option<Moment>,
    /// The call's own deadline or the inherited one, whichever is earlier.
    pub(super) deadline: Option<Moment>,
    pub(super) rng: Rng,
    pub(super) last_kind: Option<Kind>,
    pub(super) draft: Draft,
    /// When the call started; if its first attempt was not timed, when that attempt ended.
    pub(super) started: Option<Moment>,
    /// The debt of the retry that runs or is about to run, to the budget of the function.
    pub(super) debt: Option<Withdrawal<&'static Budget>>,
    /// The call's entry in the list of live calls, from its first sleep on.
    pub(super) live: Option<Ticket>,
    /// The timer of the pause between two attempts, or of the last pause, maybe that of another call.
    pub(super) sleep: Option<Sleeping>,
    /// The call's number in events and among the live calls; 0 until it is needed.
    pub(super) number: u64,
    // Boxed, because many calls may wait at the same time; together, so that most calls ask once.
    pub(super) rare: Option<Box<Rare>>,
}

/// The fields that few trails use.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// The failed attempts that the draft does not have: made before the call was resumed, or too long ago.
    // Boxed like all that is large, except the span: most of the trails that have something here have a span.
    pub(super) failures: Option<Box<Failures>>,
    pub(super) row: Row,
    /// Set for a resumed call.
    pub(super) resumed: Option<Box<Resumed>>,
    /// The tracing span of the running attempt, from the second attempt on, or of the first one if somebody wants it.
    pub(super) span: Option<CallSpan>,
    /// The interceptor of the call, if there is one.
    pub(super) intercepted: Option<Box<Intercepted>>,
    pub(super) observer: Option<Observer>,
    /// The call's own policy and budget, settled.
    pub(super) own: Option<Arc<Own>>,
    /// The budget of the call's key.
    pub(super) key: Option<Arc<Budget>>,
    /// The debt of that retry to the budget of the key.
    pub(super) key_debt: Option<Box<Withdrawal<Arc<Budget>>>>,
}

/// The attempts since the last healthy one, which the limit and the backoff count: `reset_after`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Row {
    /// Attempts before the row.
    pub(super) before: u32,
    /// When the last healthy attempt ended; `None` in the first row.
    pub(super) began: Option<Moment>,
}

impl Trail {
    pub(super) fn new(site: &'static Site, attempt: u32, rng: Rng) -> Self {
        Trail {
            site,
            effective: None,
            attempt,
            mode: Mode::RUNNING,
            attempt_started: None,
            deadline: None,
            rng,
            last_kind: None,
            draft: Draft::new(),
            started: None,
            debt: None,
            live: None,
            sleep: None,
            number: 0,
            rare: None,
        }
    }

    /// Forgets the call, so that another one can use the memory.
    pub(super) fn clear(&mut self) {
        // Each field by itself: a whole new trail would be moved.
        let Trail {
            site: _,
            effective,
            attempt,
            mode,
            attempt_started,
            deadline,
            // The next call goes on with the random numbers.
            rng: _,
            last_kind,
            draft,
            started,
            debt,
            live,
            // It rests since the end of the call, and the next one begins its sleep there.
            sleep: _,
            number,
            rare,
        } = self;
        draft.clear(spare::BYTES);
        (*attempt, *mode, *number) = (0, Mode::RUNNING, 0);
        (*attempt_started, *started) = (None, None);
        (*deadline, *last_kind) = (None, None);
        (*effective, *debt, *live, *rare) = (None, None, None, None);
    }

    /// The annotated function; `None` for a call of a policy alone.
    #[inline]
    pub(super) fn site(&self) -> Option<&'static Site> {
        self.site.is_listed().then_some(self.site)
    }

    /// Whether the task must yield before the next attempt: a long series of attempts without delays must not starve
    /// other tasks.
    #[inline]
    pub(super) fn is_due_to_yield(&self) -> bool {
        self.attempt % 16 == 0
    }

    /// The number of the last attempt that the policy allows.
    pub(super) fn limit(&self, policy: &Policy) -> Option<u32> {
        Some(policy.limit()?.saturating_add(self.row().before))
    }

    #[inline(always)]
    pub(super) fn row(&self) -> Row {
        self.rare.as_ref().map_or(Row { before: 0, began: None }, |rare| rare.row)
    }

    #[inline]
    pub(super) fn own(&self) -> Option<&Arc<Own>> {
        self.rare.as_ref()?.own.as_ref()
    }

    pub(super) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Notes that the first attempt started at `now`, and when the call must have ended.
    pub(super) fn start_clock(&mut self, now: Moment, limit: Option<Duration>) {
        // The clock is read once for the call and its first attempt.
        self.attempt_started = Some(now);
        self.started = Some(now);
        self.deadline = limit.and_then(|time| now.checked_add(time));
        self.mode.add(Mode::TIMED);
    }

    /// Keeps a report for this reader. Called in the context in which the call started.
    pub(super) fn add_reader(&mut self, reader: Mode) {
        self.mode.add(Mode::WATCHED.with(reader));
        if reader.has(Mode::OBSERVED_HERE) {
            self.rare_mut().observer = context::observer();
        }
    }

    /// Takes over the flags of the light call that this trail continues.
    #[cold]
    pub(super) fn carry(&mut self, mode: Mode) {
        if mode.has(Mode::MEASURED) {
            self.mode.add(Mode::MEASURED);
        }
        if mode.has(Mode::READERS) {
            self.add_reader(mode);
        }
    }

    /// Counts the duration of the attempt that ended now.
    #[cold]
    pub(super) fn measure(&self, now: Moment) {
        if let Some(started) = self.attempt_started {
            self.site.measure(now.since(started));
        }
    }

    /// Takes over the deadline of the call around this one if it is earlier than the call's own. The first attempt comes
    /// too late if that deadline has passed.
    pub(super) fn inherit(&mut self, deadline: Moment) {
        if self.deadline.is_none_or(|own| deadline < own) {
            self.deadline = Some(deadline);
            self.mode.add(Mode::INHERITED);
        }
        if deadline <= self.attempt_started.unwrap_or_else(Moment::now) {
            self.mode.add(Mode::LATE);
        }
    }

    /// Whether the attempt's time is limited, or is measured for more than a report.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.mode.has(Mode::TIMED) || self.deadline.is_some()
    }

    #[inline]
    pub(super) fn note_start(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        if self.attempt > 1 {
            self.attempt_started.get_or_insert_with(Moment::now);
        }
        self.begin_debt();
        if let Some(live) = &self.live {
            live.begin(self.attempt);
        }
        self.note(Note::Attempt);
    }

    /// Adds the attempt that has just ended to the draft of the report.
    #[inline(always)]
    pub(super) fn record(&mut self, now: Moment, failure: Option<(Kind, &str)>) {
        // Without a recorded start, the call's time counts from now.
        let call_started = *self.started.get_or_insert(now);
        let omitted = self.draft.push(Attempted {
            number: self.attempt,
            started: self.attempt_started.unwrap_or(now).nanos_since(call_started),
            duration: self.attempt_started.map(|started| now.nanos_since(started)),
            failure,
        });
        if let Some(kind) = omitted {
            *self.rare_mut().failures.get_or_insert_default().of(kind) += 1;
        }
    }

    /// The delay before the attempt that has just ended; `None` for the first one of a row.
    #[inline(always)]
    pub(super) fn previous(&self, row: Row) -> Option<Duration> {
        if self.attempt.saturating_sub(row.before) <= 1 {
            return None;
        }
        self.draft.delay_before().or_else(|| self.resumed()?.previous)
    }

    /// The description of the last attempt's failure.
    pub(super) fn last_error(&self) -> &str {
        self.draft.last_text().unwrap_or_default()
    }

    /// Adds the attempt that was running when the call was dropped, if any, to the report.
    pub(super) fn record_dropped(&mut self, now: Moment) {
        if self.draft.made() < self.attempt {
            self.record(now, None);
            self.draft.set_text("dropped before it ended");
        }
    }

    /// Lists the call as sleeping from `now` on for `length`.
    #[cold]
    pub(super) fn list(
        &mut self,
        policy: &Policy,
        now: Moment,
        length: Duration,
        kind: Kind,
        cancellable: bool,
    ) {
        // A delay so long that `Instant` overflows is listed as due now.
        let until = now.checked_add(length).unwrap_or(now);
        let (number, site) = (self.number(), self.site);
        let error = self.last_error();
        let (attempt, limit) = (self.attempt, self.limit(policy));
        let pause = Pause { attempt, limit, until, error, kind, cancellable };
        if let Some(live) = &self.live {
            return live.pause(pause);
        }
        let call = Listed { id: number, site, deadline: self.deadline, since: now };
        self.live = Some(Ticket::new(call, pause));
    }

    /// Whether the call was cancelled in the list of live calls while its attempt ran.
    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.is_cancelled())
    }

    #[inline]
    pub(super) fn intercepted(&self) -> Option<&Intercepted> {
        self.rare.as_ref()?.intercepted.as_deref()
    }

    #[inline]
    pub(super) fn interceptor(&self) -> Option<&Arc<dyn Intercept>> {
        Some(&self.intercepted()?.by)
    }

    /// Notifies the interceptor, if there is one.
    #[inline]
    pub(super) fn note(&self, note: Note<'_>) {
        if let Some(intercepted) = self.intercepted() {
            intercepted.by.note(&intercepted.passage, note);
        }
    }
}
