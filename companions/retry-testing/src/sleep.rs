//! Sleeps on the clock of a scope.

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

/// After this much real time without a change, a sleeper moves the clock out of turn.
const WATCH: Duration = Duration::from_millis(5);

/// A sleep on the scope's clock, which takes no real time.
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
    /// A sleep on the scope's clock; `None` if tokio's clock is paused.
    pub(super) fn new(within: Within, wait: Wait<'_>) -> Option<Self> {
        if clock::paused().is_some() {
            return None;
        }
        let at = |duration| When::At(within.shared.time.after(duration));
        let (end, role, real) = match wait {
            Wait::Pause(duration) => (at(duration), Role::InTurn, None),
            // A limit ends when the scope's clock or the real time has passed it, since work may take real time.
            Wait::Limit(duration, real) => (at(duration), Role::Limit, Some(real())),
            // A hanging attempt waits for a limit: the clock moves to that limit.
            Wait::Never => (When::Never, Role::InTurn, None),
        };
        let (place, rounds) = (within.shared.time.place(end), Rounds::default());
        Some(VirtualSleep { within, end, place, role, rounds, real, watch: None })
    }

    /// Moves the clock out of turn after a while without a change: the sleeper whose turn it is may never be polled again.
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
        // The polling task may differ from the task that created the sleep.
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
