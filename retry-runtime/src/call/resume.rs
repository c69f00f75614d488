//! Calls whose attempts are made apart from each other: later, after a restart, by another process.
//!
//! A queue of tasks keeps where a call stands, hands it to [`resume`] with the function's future, and gets
//! back what the engine decided after this one attempt. So a task follows the same rules as a call that
//! waits in place, and no second set of them exists.
//!
//! It is counted as one call, when it has ended, by the process in which that happens and with all its attempts
//! ([`Stats`](crate::Stats)): by the attempt whose decision is [`Next::Stop`], or by the queue, which says
//! [`ended`] where no attempt decides. What is handed over, refused or broken off in between is no end.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::context::Ambient;
use crate::budget::{Budget, Withdrawal};
use crate::failure::class::Kind;
use crate::report::attempt::CallId;
use crate::report::reason::StopReason;
use crate::report::record::{AttemptRecord, Delay};
use crate::report::stats::Failures;
use crate::site::Site;

/// Where a call stands before its next attempt.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Attempts that count against the limit and have been made.
    pub attempts: u32,
    /// The time since the first of them started: part of the policy's `deadline`.
    pub elapsed: Duration,
    /// The time that the whole call has left by a limit of its own.
    pub remaining: Option<Duration>,
    /// The delay before this attempt, from which decorrelated jitter grows.
    pub previous: Option<Duration>,
    /// The kind of the last failure.
    pub last_kind: Option<Kind>,
    /// What the failures of these attempts meant, for the counts of the function.
    pub failures: Failures,
    /// The identifier that all of its attempts share.
    pub call_id: CallId,
}

/// What follows from one attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// The call is over.
    Stop(StopReason),
    /// Another attempt after this pause.
    Again(Delay),
    /// The attempt was not made: the breaker refused it, for so long if that is known.
    Refused(Option<Duration>),
}

/// One attempt, as the engine saw it.
#[derive(Clone, Debug)]
pub struct Step {
    /// The attempt; `None` when none was made.
    pub attempt: Option<AttemptRecord>,
    /// What follows.
    pub next: Next,
}

/// The tokens of a retry that is about to be made, for [`resume`]; dropped, they go back.
#[derive(Debug, Default)]
#[must_use = "dropped, it gives the tokens back as if the retry had never been made"]
pub struct Paid(pub(crate) Option<Withdrawal<&'static Budget>>);

/// Between the queue and the call: the standing on the way in, the step on the way out.
#[derive(Clone, Debug)]
pub(crate) struct Slot(Arc<Mutex<Exchange>>);

#[derive(Debug)]
struct Exchange {
    site: &'static str,
    standing: Option<(Standing, Paid)>,
    step: Option<Step>,
}

/// What a resumed call remembers of its resumption.
#[derive(Debug)]
pub(super) struct Handed {
    pub(super) slot: Option<Slot>,
    pub(super) call_id: CallId,
}

impl Handed {
    /// The call has ended here; what it handed over before stands.
    pub(super) fn end(&self, reason: StopReason, attempt: Option<&AttemptRecord>) {
        if let Some(slot) = &self.slot {
            slot.publish(Step { attempt: attempt.cloned(), next: Next::Stop(reason) });
        }
    }
}

thread_local! {
    static SLOT: RefCell<Option<Slot>> = const { RefCell::new(None) };
}

impl Slot {
    fn new(site: &'static Site, standing: Standing, paid: Paid) -> Self {
        let exchange = Exchange { site: site.name(), standing: Some((standing, paid)), step: None };
        Slot(Arc::new(Mutex::new(exchange)))
    }

    /// The standing that waits for a call of this function; the first such call takes it.
    #[cold]
    pub(crate) fn take(site: &Site) -> Option<(Standing, Paid, Slot)> {
        let slot = SLOT.try_with(|slot| slot.borrow().clone()).ok()??;
        let (standing, paid) =
            slot.with(
                |exchange| {
                    if exchange.site == site.name() { exchange.standing.take() } else { None }
                },
            )?;
        Some((standing, paid, slot))
    }

    /// The engine's decision; the first one stands.
    pub(crate) fn publish(&self, step: Step) {
        self.with(|exchange| {
            exchange.step.get_or_insert(step);
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Exchange) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn scope<T>(&self, work: impl FnOnce() -> T) -> T {
        struct Restore(Option<Slot>);
        impl Drop for Restore {
            fn drop(&mut self) {
                let before = self.0.take();
                let _ = SLOT.try_with(|slot| slot.replace(before));
            }
        }
        let before = SLOT.try_with(|slot| slot.replace(Some(self.clone()))).ok().flatten();
        let _restore = Restore(before);
        let deadline = Ambient::current().and_then(|ambient| ambient.deadline());
        Ambient::new(deadline, None).scope(work)
    }

    fn step(&self) -> Option<Step> {
        self.with(|exchange| exchange.step.take())
    }
}

pin_project! {
    /// The future of [`resume`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Resume<F> {
        #[pin]
        future: F,
        slot: Slot,
    }
}

/// Makes one attempt of an annotated function: `future` is a call of it that has not been polled yet.
///
/// A pause is not slept: the call ends with the attempt's outcome, and the step says what follows. `None`
/// when the future has made no call of the function.
pub fn resume<F: Future>(
    site: &'static Site,
    standing: Standing,
    paid: Paid,
    future: F,
) -> Resume<F> {
    Resume { future, slot: Slot::new(site, standing, paid) }
}

impl<F: Future> Future for Resume<F> {
    type Output = (F::Output, Option<Step>);

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let slot = this.slot;
        slot.scope(|| this.future.poll(cx)).map(|out| (out, slot.step()))
    }
}

/// [`resume`] for a function that blocks.
pub fn resume_blocking<T>(
    site: &'static Site,
    standing: Standing,
    paid: Paid,
    work: impl FnOnce() -> T,
) -> (T, Option<Step>) {
    let slot = Slot::new(site, standing, paid);
    let out = slot.scope(work);
    (out, slot.step())
}
