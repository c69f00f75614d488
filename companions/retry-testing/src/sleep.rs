//! Sleeping in the time of a scope.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_timer::Delay;

use retry_runtime::control::intercept::Wait;
use retry_runtime::timer::Sleep;

use super::clock;
use super::shared::{Within, here};
use super::time::{Look, Place, Role, Rounds, When};

/// After so much real time without anything new, a sleeper does not rely on the others any more.
const WATCH: Duration = Duration::from_millis(5);

impl Within {
    /// Moves the time of the scope, in place of a sleep that blocks.
    pub(super) fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
        self.shared.check_open("a call sleeps");
        if !cancelled() {
            self.shared.time.advance(duration);
        }
    }

    /// A sleep of the scope; `None` where tokio's clock is paused.
    pub(super) fn sleep(&self, wait: Wait<'_>) -> Option<VirtualSleep> {
        if clock::paused().is_some() {
            return None;
        }
        let at = |duration| When::At(self.shared.time.after(duration));
        let (end, role, real) = match wait {
            Wait::Pause(duration) => (at(duration), Role::InTurn, None),
            // It comes when the scope's clock has passed it, or real time has: work may be real.
            Wait::Limit(duration, real) => (at(duration), Role::Limit, Some(real())),
            // It waits for a limit: the clock moves to that.
            Wait::Never => (When::Never, Role::InTurn, None),
        };
        Some(VirtualSleep::new(self.clone(), end, role, real))
    }
}

/// A sleep that takes no time but the scope's.
pub(crate) struct VirtualSleep {
    within: Within,
    end: When,
    place: Place,
    role: Role,
    rounds: Rounds,
    real: Option<Sleep>,
    watch: Option<(Delay, u64)>,
}

impl VirtualSleep {
    fn new(within: Within, end: When, role: Role, real: Option<Sleep>) -> Self {
        let (place, rounds) = (within.shared.time.place(end), Rounds::default());
        VirtualSleep { within, end, place, role, rounds, real, watch: None }
    }

    /// Takes over when nothing has happened for a while: who should move the clock may not be polled any more.
    fn watch(&mut self, cx: &mut Context<'_>) {
        let changes = self.within.shared.time.changes();
        let fresh = || (Delay::new(WATCH), changes);
        let (delay, since) = self.watch.get_or_insert_with(fresh);
        if Pin::new(delay).poll(cx).is_pending() {
            return;
        }
        self.role = if *since == changes { Role::TakesOver } else { Role::InTurn };
        self.watch = None;
        cx.waker().wake_by_ref();
    }
}

impl Future for VirtualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let shared = Arc::clone(&this.within.shared);
        shared.check_open("a call sleeps");
        // The task that polls may be another one than that which has made the sleep.
        let task = here().and_then(|within| within.task);
        match shared.time.look(this.place, this.role, &mut this.rounds, task, cx.waker()) {
            Look::Over => return Poll::Ready(()),
            Look::Again => cx.waker().wake_by_ref(),
            Look::Wait if this.role == Role::Limit => {}
            Look::Wait => this.watch(cx),
        }
        let (Some(real), When::At(end)) = (&mut this.real, this.end) else { return Poll::Pending };
        if real.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        shared.time.advance_to(end);
        Poll::Ready(())
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        self.within.shared.time.leave(self.place);
    }
}

impl fmt::Debug for VirtualSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VirtualSleep").field("end", &self.end).finish_non_exhaustive()
    }
}
