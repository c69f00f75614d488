//! A call that sleeps: listed, and open to orders from outside.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::Call;
use crate::clock::Moment;
use crate::live::{Order, Pause, Ticket};
use crate::sleeping::Sleeping;
use crate::{Kind, Site};

impl Call<'_> {
    /// The call is going to sleep from now on, for so long.
    pub(super) fn list(
        &mut self,
        now: Moment,
        length: Duration,
        failure: (Kind, Arc<str>),
        cancellable: bool,
    ) {
        // As good as never: the sleep ends in thirty years.
        let until = now.checked_add(length).unwrap_or(now);
        let (kind, error) = failure;
        let pause = Pause { attempt: self.attempt_number(), until, error, kind, cancellable };
        let (name, limit) = (self.site().map_or("", Site::name), self.policy().limit());
        let (deadline, number) = (self.deadline(), self.number());
        let trail = self.trail_mut();
        match &trail.live {
            Some(live) => live.pause(pause),
            None => trail.live = Some(Ticket::new(number, name, limit, deadline, pause)),
        }
    }

    /// The call is going to block its thread; `blocks_tasks` says whether others are kept waiting by that.
    pub(crate) fn note_blocking(&self, blocks_tasks: fn() -> bool) {
        if let Some(site) = self.site() {
            if !site.findings().blocked_worker && blocks_tasks() {
                site.note_blocked_worker();
            }
        }
    }

    /// Whether somebody has cancelled the call while its attempt ran.
    pub(super) fn is_cancelled(&self) -> bool {
        self.live().is_some_and(|live| live.is_cancelled())
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
