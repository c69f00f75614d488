//! One call: counts its attempts and decides after each failure. It never sleeps.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::ambient::{Ambient, Observer};
use crate::breaker::Breaker;
use crate::budget::{Budget, Withdrawal};
use crate::history::Delay;
use crate::rng::Rng;
use crate::{
    Attempt, AttemptRecord, CallId, Class, DelaySource, Interruption, Kind, Outcome, Policy,
    Report, RetryError, Site, StopReason, clock,
};

/// What happens after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No further attempt; the outcome is the call's.
    Stop(StopReason),
    /// Another attempt after this pause.
    Pause(Delay),
}

/// What was found out about a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    /// Whether `when`, if there is one, wants it retried.
    pub(crate) agreed: bool,
    /// Set when the engine ended the attempt.
    pub(crate) cut: Option<Interruption>,
}

/// One call of a retryable function.
///
/// A call that succeeds at once has touched nothing but its policy: the clock is read at the start only
/// when a deadline, a report or an observer asks for it, and everything else is made after the first
/// failure.
#[derive(Debug)]
pub struct Call<'p> {
    policy: &'p Policy,
    site: Option<&'static Site>,
    attempt: u32,
    /// Whether a report is wanted.
    watched: bool,
    /// When the call started; known when something asks for it.
    started: Option<Instant>,
    /// When the running attempt started; known when something asks for it.
    attempt_started: Option<Instant>,
    /// The own deadline or an inherited one, whichever is sooner.
    deadline: Option<Instant>,
    trail: Option<Box<Trail>>,
}

/// What a call remembers from the first failure on, or from its start when it is observed.
#[derive(Debug)]
struct Trail {
    rng: Rng,
    previous: Option<Duration>,
    last_kind: Option<Kind>,
    report: Report,
    observer: Option<Observer>,
    /// What the retry that runs, or is waited for, has cost; given back when it is dropped.
    withdrawal: Option<Withdrawal<&'static Budget>>,
}

impl Call<'static> {
    /// Starts a call of an annotated function.
    #[inline]
    pub fn start(site: &'static Site) -> Self {
        Call::new(site.policy(), Some(site))
    }
}

impl<'p> Call<'p> {
    /// Starts a call that has no annotated function.
    #[inline]
    pub(crate) fn of(policy: &'p Policy) -> Self {
        Call::new(policy, None)
    }

    #[inline]
    fn new(policy: &'p Policy, site: Option<&'static Site>) -> Self {
        let mut call = Call {
            policy,
            site,
            attempt: 0,
            watched: false,
            started: None,
            attempt_started: None,
            deadline: None,
            trail: None,
        };
        if let Some(time) = policy.time_limit() {
            call.limit(time);
        }
        if let Some(ambient) = Ambient::current() {
            call.inherit(ambient);
        }
        call
    }

    #[cold]
    fn limit(&mut self, time: Duration) {
        let now = clock::now();
        self.started = Some(now);
        self.deadline = now.checked_add(time);
    }

    #[cold]
    fn inherit(&mut self, ambient: Ambient) {
        self.deadline = sooner(self.deadline, ambient.deadline);
        if let Some(observer) = ambient.observer {
            self.watch();
            self.trail_mut().observer = Some(observer);
        }
    }

    /// Keeps a report of this call.
    pub fn watched(mut self) -> Self {
        self.watch();
        self
    }

    fn watch(&mut self) {
        self.watched = true;
        self.started.get_or_insert_with(clock::now);
    }

    /// The context of the attempt that starts next, for the body.
    pub fn attempt(&self, call_id: CallId) -> Attempt {
        Attempt {
            number: self.attempt + 1,
            limit: self.policy.limit(),
            deadline: self.deadline,
            last_kind: self.trail.as_ref().and_then(|trail| trail.last_kind),
            call_id,
        }
    }

    /// An attempt starts.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.attempt += 1;
        if self.started.is_some() || self.policy.attempt_limit().is_some() {
            self.attempt_started = Some(clock::now());
        }
    }

    /// The running attempt's number, and how many there may be.
    pub(crate) fn progress(&self) -> (u32, Option<u32>) {
        (self.attempt, self.policy.limit())
    }

    /// The breaker of the annotated function; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no breaker.
    pub fn breaker(&self) -> &'static Breaker {
        let breaker = self.site.and_then(|site| site.breaker_source().get());
        breaker.expect("the attribute has declared a breaker")
    }

    /// The breaker of the annotated function for this key; for generated code that has declared one.
    ///
    /// # Panics
    ///
    /// When the function has no keyed breaker.
    pub fn breaker_of(&self, key: &(impl fmt::Display + ?Sized)) -> Arc<Breaker> {
        let breaker = self.site.and_then(|site| site.breaker_source().of_key(&key.to_string()));
        breaker.expect("the attribute has declared a breaker with a key")
    }

    /// What the calls inside the running attempt inherit; `None` when this call adds nothing.
    #[inline]
    pub(crate) fn hands_down(&self) -> Option<Ambient> {
        // An observed call has taken the observer: the calls inside must not report in its place.
        if self.started.is_some() || self.attempt_started.is_some() {
            Some(Ambient { deadline: self.attempt_end().map(|(end, _)| end), observer: None })
        } else {
            None
        }
    }

    /// When the running attempt must have ended, and what it is that ends it then.
    pub(crate) fn attempt_end(&self) -> Option<(Instant, Interruption)> {
        let timeout = self.policy.attempt_limit().and_then(|after| {
            let end = self.attempt_started?.checked_add(after)?;
            Some((end, Interruption::TimedOut { after }))
        });
        let deadline = self.deadline.map(|end| (end, Interruption::DeadlinePassed));
        match (timeout, deadline) {
            (Some(timeout), Some(deadline)) if deadline.0 <= timeout.0 => Some(deadline),
            (Some(timeout), _) => Some(timeout),
            (None, deadline) => deadline,
        }
    }

    /// The attempt succeeded.
    #[inline]
    pub(crate) fn succeeded(&mut self) {
        if self.trail.is_some() {
            return self.succeeded_late();
        }
        // A success at once leaves no trail, only its deposit.
        if let Some(budget) = self.budget() {
            budget.deposit_success();
        }
    }

    /// The attempt succeeded after a failure, or while somebody observes.
    #[cold]
    fn succeeded_late(&mut self) {
        match self.trail_mut().withdrawal.take() {
            Some(withdrawal) => withdrawal.succeeded(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_success();
                }
            }
        }
        if self.watched {
            self.record(None, None);
            self.end(StopReason::Success);
        }
    }

    /// The attempt failed: another one, or not? `refuses` says whether the breaker would refuse it.
    #[cold]
    pub(crate) fn failed(
        &mut self,
        verdict: Verdict,
        refuses: impl FnOnce() -> bool,
        text: impl FnOnce() -> Cow<'static, str>,
    ) -> Decision {
        self.account_for_failure(verdict);
        let decision = match self.decide(verdict) {
            Decision::Pause(_) if refuses() => Decision::Stop(StopReason::CircuitOpen),
            Decision::Pause(delay) => self.pay_for_retry(verdict.class.kind, delay),
            stop => stop,
        };
        let trail = self.trail_mut();
        trail.last_kind = Some(verdict.class.kind);
        trail.report.retry_after = verdict.class.retry_after;
        let delay = match decision {
            Decision::Pause(delay) => Some(delay),
            Decision::Stop(_) => None,
        };
        if let Some(delay) = delay {
            trail.previous = Some(delay.length);
        }
        if self.watched {
            self.record(Some((verdict.class.kind, text())), delay);
        }
        if let Decision::Stop(reason) = decision {
            self.warn(reason);
            self.charge(reason, verdict.class.kind);
            self.end(reason);
        }
        decision
    }

    /// The call was interrupted between two attempts, or before the first one.
    #[cold]
    pub(crate) fn interrupted(&mut self, cut: Interruption) {
        let reason = match cut {
            Interruption::CircuitOpen { retry_after } => {
                self.trail_mut().report.retry_after = retry_after;
                StopReason::CircuitOpen
            }
            Interruption::Cancelled => StopReason::Cancelled,
            Interruption::TimedOut { .. } | Interruption::DeadlinePassed => StopReason::Deadline,
        };
        self.end(reason);
    }

    /// The budget that pays for retries.
    #[inline]
    fn budget(&self) -> Option<&'static Budget> {
        self.site?.budget_source().get()
    }

    /// What the budget makes of an attempt that failed.
    fn account_for_failure(&mut self, verdict: Verdict) {
        let withdrawal = self.trail.as_mut().and_then(|trail| trail.withdrawal.take());
        match withdrawal {
            // A retry that was called off says nothing: its token comes back.
            Some(withdrawal) if verdict.cut == Some(Interruption::Cancelled) => drop(withdrawal),
            Some(withdrawal) => withdrawal.failed(),
            None => {
                if let (1, Some(budget)) = (self.attempt, self.budget()) {
                    budget.deposit_failure();
                }
            }
        }
    }

    /// Takes the retry's cost out of the budget, if it is there.
    fn pay_for_retry(&mut self, kind: Kind, delay: Delay) -> Decision {
        let Some(budget) = self.budget() else { return Decision::Pause(delay) };
        let now = clock::now();
        match budget.try_withdraw(now, kind) {
            Ok(withdrawal) => {
                self.trail_mut().withdrawal = Some(withdrawal);
                Decision::Pause(delay)
            }
            Err(refused) => {
                if let Some(site) = self.site {
                    site.warn_budget(now, &refused);
                }
                Decision::Stop(StopReason::Budget)
            }
        }
    }

    /// Some budgets charge for a failure that would be retried also when there is no further attempt.
    fn charge(&self, reason: StopReason, kind: Kind) {
        let unpaid = matches!(
            reason,
            StopReason::Exhausted
                | StopReason::Deadline
                | StopReason::RetryAfterTooLong
                | StopReason::CircuitOpen
        );
        if let (true, Some(budget)) = (unpaid, self.budget()) {
            budget.charge_final(clock::now, kind);
        }
    }

    fn warn(&self, reason: StopReason) {
        if reason == StopReason::Ambiguous && self.policy.declared_idempotent().is_none() {
            if let Some(site) = self.site {
                site.warn_undeclared();
            }
        }
    }

    /// The rules in their order: what the failure means, how many attempts are left, how much time.
    fn decide(&mut self, verdict: Verdict) -> Decision {
        let Verdict { class, agreed, cut } = verdict;
        match cut {
            Some(Interruption::Cancelled) => return Decision::Stop(StopReason::Cancelled),
            Some(Interruption::DeadlinePassed) => return Decision::Stop(StopReason::Deadline),
            _ => {}
        }
        let stop = match class.kind {
            Kind::Permanent => Some(StopReason::Permanent),
            Kind::Overloaded => Some(StopReason::Overloaded),
            Kind::Ambiguous if self.policy.declared_idempotent() != Some(true) => {
                Some(StopReason::Ambiguous)
            }
            Kind::Transient | Kind::Throttled if !self.policy.retries(class.kind) => {
                Some(StopReason::Permanent)
            }
            _ if !agreed => Some(StopReason::Permanent),
            _ if !self.policy.allows_another_after(self.attempt) => Some(StopReason::Exhausted),
            _ => None,
        };
        match stop {
            Some(reason) => Decision::Stop(reason),
            None => self.schedule(class.retry_after),
        }
    }

    /// The next attempt's pause, if there is time for it.
    fn schedule(&mut self, hint: Option<Duration>) -> Decision {
        // Without a deadline nobody asks what time it is.
        let left = match self.deadline {
            Some(deadline) => deadline.saturating_duration_since(clock::now()),
            None => Duration::MAX,
        };
        if left.is_zero() {
            return Decision::Stop(StopReason::Deadline);
        }
        if hint.is_some_and(|hint| hint > left.min(self.policy.longest_hint())) {
            return Decision::Stop(StopReason::RetryAfterTooLong);
        }
        let own = self.next_delay();
        let delay = match hint {
            Some(hint) if hint > own => Delay { length: hint, source: DelaySource::Hint },
            _ => Delay { length: own, source: DelaySource::Backoff },
        };
        if delay.length > left {
            return Decision::Stop(StopReason::Deadline);
        }
        Decision::Pause(delay)
    }

    fn next_delay(&mut self) -> Duration {
        let (policy, retry) = (self.policy, self.attempt);
        let trail = self.trail_mut();
        policy.delay(retry, trail.previous, trail.rng.next())
    }

    fn trail_mut(&mut self) -> &mut Trail {
        let site = self.site;
        self.trail.get_or_insert_with(|| {
            Box::new(Trail {
                rng: Rng::fresh(),
                previous: None,
                last_kind: None,
                report: Report::empty(site.map_or("", Site::name)),
                observer: None,
                withdrawal: None,
            })
        })
    }

    /// Adds the attempt that has just ended to the report.
    #[cold]
    fn record(&mut self, failure: Option<(Kind, Cow<'static, str>)>, delay: Option<Delay>) {
        let now = clock::now();
        let attempt_started = self.attempt_started.unwrap_or(now);
        let call_started = self.started.unwrap_or(attempt_started);
        let (kind, error) = failure.map(|(kind, text)| (kind, text.into_owned())).unzip();
        let record = AttemptRecord {
            number: self.attempt,
            started: attempt_started.saturating_duration_since(call_started),
            duration: now.saturating_duration_since(attempt_started),
            error,
            kind,
            delay,
        };
        self.trail_mut().report.push(record);
    }

    /// The call has ended: completes the report and hands it to the observer.
    #[cold]
    fn end(&mut self, reason: StopReason) {
        let total = match self.started {
            Some(started) if self.watched => clock::now().saturating_duration_since(started),
            _ => Duration::ZERO,
        };
        let Trail { report, observer, withdrawal, .. } = self.trail_mut();
        *withdrawal = None;
        report.reason = reason;
        report.total = total;
        if reason == StopReason::Success {
            report.retry_after = None;
        }
        if let Some(observer) = observer {
            observer.publish(report.clone());
        }
    }

    /// Takes the call's outcome apart; a failure comes with its report.
    #[allow(clippy::missing_errors_doc, reason = "the error is the call's own")]
    pub fn settle<R: Outcome>(mut self, out: R) -> Result<R::Value, RetryError<R::Error>> {
        out.into_result().map_err(|error| {
            let report = std::mem::replace(&mut self.trail_mut().report, Report::empty(""));
            RetryError::new(error, Box::new(report))
        })
    }
}

/// The sooner of two instants, where `None` is never.
fn sooner(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
