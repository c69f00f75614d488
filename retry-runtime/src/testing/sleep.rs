//! Sleeping in the time of a scope.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_timer::Delay;

use super::Within;
use super::time::{Look, Place, Role, Rounds, When};
use crate::base::clock;
use crate::call::context as ambient;

/// A future that resolves after some time, as in `timer`.
type Real = Pin<Box<dyn Future<Output = ()> + Send>>;

/// After so much real time without anything new, a sleeper does not rely on the others any more.
const WATCH: Duration = Duration::from_millis(5);

/// Moves the time of the scope that holds here, in the place of a sleep that blocks; `false` without one.
pub(crate) fn block(duration: Duration, cancelled: &mut dyn FnMut() -> bool) -> bool {
    let Some(within) = ambient::within() else { return false };
    within.shared.check_open("a call sleeps");
    if !cancelled() {
        within.shared.time.advance(duration);
    }
    true
}

/// A sleep of the scope that holds here; `None` without one, and where tokio's clock is paused.
pub(crate) fn pause(duration: Duration) -> Option<VirtualSleep> {
    let within = virtually()?;
    let end = When::At(within.shared.time.after(duration));
    Some(VirtualSleep::new(within, end, Role::InTurn, None))
}

/// A limit on work that may be real: it comes when the scope's clock has passed it, or real time has.
pub(crate) fn limit(duration: Duration, real: impl FnOnce() -> Real) -> Option<VirtualSleep> {
    let within = virtually()?;
    let end = When::At(within.shared.time.after(duration));
    Some(VirtualSleep::new(within, end, Role::Limit, Some(real())))
}

/// Never resolves. In a scope it waits for a limit: the clock moves to it.
pub(crate) fn never() -> Option<VirtualSleep> {
    let within = virtually()?;
    Some(VirtualSleep::new(within, When::Never, Role::InTurn, None))
}

fn virtually() -> Option<Within> {
    if clock::paused().is_some() {
        return None;
    }
    ambient::within()
}

/// A sleep that takes no time but the scope's.
pub(crate) struct VirtualSleep {
    within: Within,
    end: When,
    place: Place,
    role: Role,
    rounds: Rounds,
    real: Option<Real>,
    watch: Option<(Delay, u64)>,
}

impl VirtualSleep {
    fn new(within: Within, end: When, role: Role, real: Option<Real>) -> Self {
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
        let task = ambient::within().and_then(|within| within.task);
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
