//! What a call remembers from the first failure on, or from its start when it is observed.

use std::cell::Cell;
use std::mem::ManuallyDrop;
use std::time::Duration;

use super::context::Observer;
use super::intercept::{Intercepted, Note};
use super::live::Ticket;
use super::resumed::Handed;
use super::{Call, Mode, NOBODY, State};
use crate::base::clock::Moment;
use crate::base::rng::Rng;
use crate::base::sleep::Sleeping;
use crate::budget::{Budget, Withdrawal};
use crate::event::CallSpan;
use crate::failure::class::Kind;
use crate::report::record::Report;
use crate::report::stats::Failures;
use crate::site::Effective;
use crate::site::Site;

#[derive(Debug)]
pub(super) struct Trail {
    pub(super) site: &'static Site,
    /// What a configuration has made of the site.
    pub(super) effective: Option<&'static Effective>,
    pub(super) attempt: u32,
    pub(super) mode: Mode,
    /// When the running attempt started; known when the call is timed, and from the second one on.
    pub(super) attempt_started: Option<Moment>,
    /// When the next attempt starts, if it follows the last one at once: the clock need not be read again.
    pub(super) continued: Option<Moment>,
    /// The own deadline or an inherited one, whichever is sooner.
    pub(super) deadline: Option<Moment>,
    // Goes on with the next call that the memory is used for.
    pub(super) rng: Rng,
    pub(super) previous: Option<Duration>,
    pub(super) last_kind: Option<Kind>,
    pub(super) report: Report,
    pub(super) failures: Failures,
    /// When the call started; when its first attempt ended, if nobody has timed that one.
    pub(super) started: Option<Moment>,
    pub(super) observer: Option<Observer>,
    /// Set when the call was begun before, elsewhere.
    // In a box, like the span: few calls have either, and many may wait at a time.
    pub(super) handed: Option<Box<Handed>>,
    /// What the retry that runs, or is waited for, has cost; given back when it is dropped.
    pub(super) withdrawal: Option<Withdrawal<&'static Budget>>,
    /// The call's place in the list of live calls, from its first sleep on.
    pub(super) live: Option<Ticket>,
    /// The timer of the pause between two attempts.
    pub(super) sleep: Option<Sleeping>,
    /// The call's number in events and among the live calls; 0 as long as nobody has asked.
    pub(super) number: u64,
    /// The span of the attempt that runs, from the second one on.
    pub(super) span: Option<Box<CallSpan>>,
    /// The interceptor of the call, if there is one.
    pub(super) intercepted: Option<Box<Intercepted>>,
    /// The next one of those that no call uses, and how many come after this one.
    spare: Option<Box<Trail>>,
    place: u32,
}

thread_local! {
    /// The memory of calls that have ended on this thread, for the next ones that need some.
    static SPARE: Cell<Option<Box<Trail>>> = const { Cell::new(None) };
}

/// As many are kept: calls with a deadline that run at the same time allocate nothing up to here.
const SPARES: u32 = 64;

/// Memory of an earlier call, if some is left.
#[inline]
fn spare() -> Option<Box<Trail>> {
    let take = |spares: &Cell<Option<Box<Trail>>>| {
        let mut spare = spares.take()?;
        spares.set(spare.spare.take());
        Some(spare)
    };
    SPARE.try_with(take).ok()?
}

impl Trail {
    /// A trail that says nothing yet.
    fn begin(site: &'static Site, attempt: u32) -> Box<Trail> {
        if let Some(mut trail) = spare() {
            trail.site = site;
            trail.report.name = site.name();
            trail.attempt = attempt;
            return trail;
        }
        Box::new(Trail {
            site,
            effective: None,
            attempt,
            mode: Mode::RUNNING,
            attempt_started: None,
            continued: None,
            deadline: None,
            rng: Rng::fresh(),
            previous: None,
            last_kind: None,
            report: Report::empty(site.name()),
            failures: Failures::default(),
            started: None,
            observer: None,
            handed: None,
            withdrawal: None,
            live: None,
            sleep: None,
            number: 0,
            span: None,
            intercepted: None,
            spare: None,
            place: 0,
        })
    }

    /// The annotated function.
    #[inline]
    pub(super) fn site(&self) -> Option<&'static Site> {
        (!std::ptr::eq(self.site, &raw const NOBODY)).then_some(self.site)
    }

    /// An attempt starts.
    #[inline]
    pub(super) fn note_start(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
        if self.attempt > 1 {
            self.attempt_started = Some(self.continued.take().unwrap_or_else(Moment::now));
            self.span = None;
        }
        if let Some(live) = &self.live {
            live.begin(self.attempt);
        }
        self.note(Note::Attempt);
    }

    /// Forgets everything, and leaves the memory to the next call.
    pub(super) fn recycle(mut self: Box<Trail>) {
        self.effective = None;
        self.intercepted = None;
        // A success at once of a call that is configured and nothing else has left no more than that.
        if self.mode.has(Mode::REPORTED) || self.mode.has(Mode::TIMED) || self.handed.is_some() {
            self.forget();
        }
        self.deadline = None;
        self.mode = Mode::RUNNING;
        // A thread that is ending may have lost its locals: then it is freed.
        let _ = SPARE.try_with(|spares| {
            let first = spares.take();
            let place = first.as_ref().map_or(0, |first| first.place + 1);
            if place < SPARES {
                self.place = place;
                self.spare = first;
                spares.set(Some(self));
            } else {
                spares.set(first);
            }
        });
    }

    #[inline(never)]
    fn forget(&mut self) {
        self.attempt_started = None;
        self.continued = None;
        self.previous = None;
        self.last_kind = None;
        self.report = Report::empty("");
        self.failures = Failures::default();
        self.started = None;
        self.observer = None;
        self.handed = None;
        self.withdrawal = None;
        self.live = None;
        self.sleep = None;
        self.number = 0;
        self.span = None;
    }
}

impl Call<'_> {
    /// The trail, begun now if it has not been: the first attempt runs.
    #[inline]
    pub(super) fn trail_mut(&mut self) -> &mut Trail {
        self.trail_from(1)
    }

    /// The trail, begun now if it has not been, of a call whose first attempt has not begun.
    pub(super) fn early_trail_mut(&mut self) -> &mut Trail {
        self.trail_from(0)
    }

    fn trail_from(&mut self, attempt: u32) -> &mut Trail {
        if !matches!(self.state, State::Kept(_)) {
            self.begin_trail(attempt);
        }
        match &mut self.state {
            State::Kept(trail) => trail,
            _ => unreachable!("a trail has been begun"),
        }
    }

    #[cold]
    fn begin_trail(&mut self, attempt: u32) {
        self.state = State::Kept(ManuallyDrop::new(Trail::begin(self.site, attempt)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::report::reason::StopReason;
    use crate::site::{NO_BREAKER, SiteBudget};

    static SITE: Site = Site::new(
        crate::site::Meta::new("trail", file!(), line!()),
        Policy::new(),
        SiteBudget::None,
        &NO_BREAKER,
    );

    /// A call for which a trail was begun at its start, in its first attempt.
    fn running() -> Call<'static> {
        let mut call = Call::start(&SITE);
        call.early_trail_mut();
        call.begin();
        call
    }

    #[test]
    fn the_memory_of_a_call_says_nothing_of_it_to_the_next_one_however_it_ended() {
        let dropped = || drop(running());
        let succeeded = || running().succeeded();
        let watched = || {
            let mut call = running();
            call.watch();
            call.succeeded();
        };
        let interrupted = || running().end(StopReason::Cancelled);
        let ends: [&dyn Fn(); 4] = [&dropped, &succeeded, &watched, &interrupted];
        // More often than a function remembers calls: those that are forgotten lend their memory.
        for end in ends.iter().cycle().take(200) {
            end();
            let mut call = Call::start(&SITE);
            let trail = call.early_trail_mut();
            assert!(trail.report.attempts.is_empty());
            assert_eq!(trail.report, Report::empty("trail"));
            assert_eq!((trail.started, trail.attempt_started, trail.number), (None, None, 0));
            assert_eq!((trail.attempt, trail.mode), (0, Mode::RUNNING));
            // Not one that was made, nor one that was dropped.
            trail.mode.remove(Mode::RUNNING);
        }
    }
}
