//! A call that sleeps: listed, and open to orders from outside.

use std::task::{Context, Poll};
use std::time::Duration;

use super::live::{Order, Pause, Ticket};
use super::{Call, Trail};
use crate::base::clock::Moment;
use crate::base::sleep::Sleeping;
use crate::failure::class::Kind;
use crate::policy::Policy;

impl Trail {
    /// The call is going to sleep from now on, for so long.
    #[cold]
    pub(super) fn list(
        &mut self,
        policy: &Policy,
        now: Moment,
        length: Duration,
        kind: Kind,
        cancellable: bool,
    ) {
        // As good as never: the sleep ends in thirty years.
        let until = now.checked_add(length).unwrap_or(now);
        let error = self.last_words();
        let pause = Pause { attempt: self.attempt, until, error, kind, cancellable };
        let (number, name) = (self.number(), self.site.name());
        match &self.live {
            Some(live) => live.pause(pause),
            None => {
                let ticket = Ticket::new(number, name, policy.limit(), self.deadline, pause);
                self.live = Some(ticket);
            }
        }
    }

    /// Whether somebody has cancelled the call while its attempt ran.
    #[inline]
    pub(super) fn is_cancelled(&self) -> bool {
        self.live.as_ref().is_some_and(|live| live.is_cancelled())
    }
}

impl Call<'_> {
    /// The call is going to block its thread; `blocks_tasks` says whether others are kept waiting by that.
    pub(crate) fn note_blocking(&self, blocks_tasks: fn() -> bool) {
        if let Some(site) = self.site() {
            if !site.findings().blocked_worker && blocks_tasks() {
                site.note_blocked_worker();
            }
        }
    }

    /// What somebody wants of the sleeping call.
    #[cold]
    pub(crate) fn poll_order(&self, cx: &mut Context<'_>) -> Poll<Order> {
        self.live().map_or(Poll::Pending, |live| live.poll(cx))
    }

    /// The sleep has ended; what somebody wanted before counts.
    #[cold]
    pub(crate) fn wake(&self) -> Option<Order> {
        self.live()?.wake()
    }

    /// The place of the timer of the pause: it is made after a failure, like all that stands beside it.
    #[cold]
    pub(crate) fn sleeping(&mut self) -> &mut Option<Sleeping> {
        &mut self.trail_mut().sleep
    }

    fn live(&self) -> Option<&Ticket> {
        self.trail()?.live.as_ref()
    }
}
