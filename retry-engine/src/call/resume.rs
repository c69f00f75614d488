//! Calls whose attempts are made separately: later, after a restart, or by another process.
//!
//! A queue of tasks stores the [`Standing`] of a call, passes it to [`resume`] with the function's future, and receives
//! the engine's decision after this one attempt. So a task follows the same rules as a call that waits in place.
//!
//! A call is counted once ([`Stats`](crate::Stats)), with all its attempts, by the process in which it ends: either by
//! the attempt whose decision is [`Next::Stop`], or by the queue through [`ended`] where no attempt decides. Attempts
//! that are handed over, refused or aborted in between do not end the call.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::context::CallContext;
use crate::base::sync::unpoisoned;
use crate::budget::{Budget, Withdrawal};
use crate::event::CallSpan;
use crate::failure::class::Kind;
use crate::report::attempt::CallId;
use crate::report::draft::Draft;
use crate::report::reason::StopReason;
use crate::report::record::{AttemptRecord, Delay};
use crate::report::stats::Failures;
use crate::site::Site;

/// The state of a call before its next attempt, as a queue stores it.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// The number of attempts made so far that count against the limit.
    pub attempts: u32,
    /// The time since the first attempt started. It counts against the policy's `deadline`.
    pub elapsed: Duration,
    /// The time that remains until the queue's own limit on the whole call.
    pub remaining: Option<Duration>,
    /// The delay before this attempt, from which decorrelated jitter grows.
    pub previous: Option<Duration>,
    /// The kind of the last failure.
    pub last_kind: Option<Kind>,
    /// The failures of these attempts by kind, for the statistics of the function.
    pub failures: Failures,
    /// The identifier that all attempts of the call share.
    pub call_id: CallId,
}

/// The engine's decision after one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Next {
    /// The call has ended.
    Stop(StopReason),
    /// Another attempt follows after this pause.
    Again(Delay),
    /// The breaker refused the attempt, which was not made. The time until the breaker admits calls again, if it is
    /// known.
    Refused(Option<Duration>),
}

/// The record of one attempt, and the decision after it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The attempt; `None` if no attempt was made.
    pub attempt: Option<AttemptRecord>,
    /// The decision.
    pub next: Next,
}

/// The budget's tokens for the retry that [`resume`] is about to make. Dropping it returns them to the budget.
#[derive(Debug, Default)]
#[must_use = "dropping it returns the tokens, as if the retry had never been made"]
pub struct Paid(pub(crate) Option<Withdrawal<&'static Budget>>);

/// Connects the queue and the call: passes the standing in and the step out.
#[derive(Clone, Debug)]
pub(crate) struct Handover(Arc<Mutex<HandoverState>>);

#[derive(Debug)]
struct HandoverState {
    site: &'static str,
    standing: Option<(Standing, Paid)>,
    step: Option<Step>,
}

/// The part of a trail that only resumed calls have.
#[derive(Debug)]
pub(super) struct Resumed {
    pub(super) handover: Option<Handover>,
    pub(super) call_id: CallId,
    /// The delay before this attempt.
    pub(super) previous: Option<Duration>,
}

impl Resumed {
    /// Hands over the end of the call, unless a step was handed over before.
    pub(super) fn end(&self, reason: StopReason, draft: &Draft) {
        if let Some(handover) = &self.handover {
            handover.publish(Step { attempt: draft.last(), next: Next::Stop(reason) });
        }
    }
}

thread_local! {
    static HANDOVER: RefCell<Option<Handover>> = const { RefCell::new(None) };
}

impl Handover {
    #[inline]
    fn new(site: &'static Site, standing: Standing, paid: Paid) -> Self {
        let state =
            HandoverState { site: site.name(), standing: Some((standing, paid)), step: None };
        Handover(Arc::new(Mutex::new(state)))
    }

    /// Takes the standing that is meant for a call of this function. The first such call gets it.
    #[cold]
    pub(crate) fn take(site: &Site) -> Option<(Standing, Paid, Handover)> {
        let handover = HANDOVER.try_with(|handover| handover.borrow().clone()).ok()??;
        let (standing, paid) = handover
            .with(|state| if state.site == site.name() { state.standing.take() } else { None })?;
        Some((standing, paid, handover))
    }

    /// Hands over the engine's decision. Only the first one counts.
    pub(crate) fn publish(&self, step: Step) {
        self.with(|state| {
            state.step.get_or_insert(step);
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut HandoverState) -> T) -> T {
        let mut state = unpoisoned(self.0.lock());
        work(&mut state)
    }

    fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore(Option<Handover>);
        impl Drop for Restore {
            #[inline]
            fn drop(&mut self) {
                let before = self.0.take();
                let _ = HANDOVER.try_with(|handover| handover.replace(before));
            }
        }
        let before =
            HANDOVER.try_with(|handover| handover.replace(Some(self.clone()))).ok().flatten();
        let _restore = Restore(before);
        CallContext::inherited().resumed().scope(work)
    }

    #[inline]
    fn step(&self) -> Option<Step> {
        self.with(|state| state.step.take())
    }
}

pin_project! {
    /// The future of [`resume`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Resume<F> {
        // Empty only while it is dropped.
        #[pin]
        future: Option<F>,
        handover: Handover,
        span: CallSpan,
    }

    impl<F> PinnedDrop for Resume<F> {
        // A call that is dropped ends, and says so.
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.span.scope(|| this.future.set(None));
        }
    }
}

/// The span of the attempt that a call of this standing makes.
fn span(site: &'static Site, standing: &Standing) -> CallSpan {
    CallSpan::of_task(site.name(), standing.call_id, standing.attempts.saturating_add(1))
}

/// Makes one attempt of an annotated function: `future` is a call of the function that has not been polled yet.
///
/// The engine does not sleep: the call ends with the attempt's outcome, and the step has the decision. The step is
/// `None` if the future made no call of the function.
pub fn resume<F: Future>(
    site: &'static Site,
    standing: Standing,
    paid: Paid,
    future: F,
) -> Resume<F> {
    let (span, future) = (span(site, &standing), Some(future));
    Resume { future, handover: Handover::new(site, standing, paid), span }
}

impl<F: Future> Future for Resume<F> {
    type Output = (F::Output, Option<Step>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (handover, future) = (this.handover, this.future.as_pin_mut());
        let Some(future) = future else { return Poll::Pending };
        let polled = this.span.scope(|| handover.scope(|| future.poll(cx)));
        polled.map(|out| (out, handover.step()))
    }
}

/// [`resume`] for a blocking function.
pub fn resume_blocking<T>(
    site: &'static Site,
    standing: Standing,
    paid: Paid,
    work: impl FnOnce() -> T,
) -> (T, Option<Step>) {
    let span = span(site, &standing);
    let handover = Handover::new(site, standing, paid);
    let out = span.scope(|| handover.scope(work));
    (out, handover.step())
}
