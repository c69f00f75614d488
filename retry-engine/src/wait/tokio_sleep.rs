//! A sleep by tokio's timer that outlives its runtime.
//!
//! tokio's own sleep panics in a runtime that was built without `enable_time`, and where its runtime has shut down. Both
//! would happen at a program's first failures in production. tokio has no way to ask beforehand, so its panics end here,
//! and the thread of the process sleeps instead.

use std::cell::Cell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use pin_project_lite::pin_project;
use tokio::runtime::Handle;
use tokio::task::coop::{has_budget_remaining, unconstrained};

use super::thread::Delay;
use crate::base::border::contained;
use crate::base::sleep::{Restart, Sleeping};
use crate::base::time::Instant;

thread_local! {
    /// Whether this thread has met a runtime without a time driver. It is not asked again, since tokio's panic would be
    /// printed each time.
    static TIMELESS: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread belongs to a tokio runtime. Threads of `spawn_blocking` do, too: tokio has no way to tell them
/// from workers before version 1.54 (`tokio::runtime::worker_index`).
pub(crate) fn in_tokio() -> bool {
    Handle::try_current().is_ok()
}

/// A sleep by tokio's timer, and outside of a tokio runtime by the thread of the process.
pub(super) fn sleep(duration: Duration) -> Sleeping {
    Sleeping::new(Outliving::during(duration))
}

/// [`sleep`] until an instant of tokio's clock.
pub(super) fn sleep_until(end: Instant) -> Sleeping {
    Sleeping::new(Outliving::New { end: end.into() })
}

fn delay_until(end: tokio::time::Instant) -> Delay {
    Delay::new(end.saturating_duration_since(tokio::time::Instant::now()))
}

/// Whether tokio's clock is paused, which only a runtime with a time driver can do: it does not go on while the system's
/// clock does.
fn is_paused() -> bool {
    let (system, tokio) = (Instant::now(), tokio::time::Instant::now());
    while Instant::now() == system {}
    tokio::time::Instant::now() == tokio
}

fn warn_once() {
    static WARNED: AtomicBool = AtomicBool::new(false);
    if !WARNED.swap(true, Ordering::Relaxed) {
        #[cfg(feature = "sites")]
        crate::event::no_time_driver();
    }
}

pin_project! {
    /// A sleep that goes on by the thread of the process outside of a runtime, and when its runtime has shut down.
    #[project = Way]
    enum Outliving {
        // Not polled yet.
        New { end: tokio::time::Instant },
        Tokio { #[pin] sleep: tokio::time::Sleep },
        Outside { delay: Delay },
    }
}

impl Restart for Outliving {
    #[cfg(feature = "sites")]
    fn restart(mut self: Pin<&mut Self>, end: Instant) -> bool {
        self.set(Outliving::New { end: end.into() });
        true
    }

    #[cfg(feature = "sites")]
    fn stop(mut self: Pin<&mut Self>) -> bool {
        let end = match self.as_mut().project() {
            Way::New { end } => *end,
            Way::Tokio { sleep } => sleep.deadline(),
            Way::Outside { .. } => return false,
        };
        self.set(Outliving::New { end });
        true
    }

    #[cfg(feature = "sites")]
    fn rest(mut self: Pin<&mut Self>) -> bool {
        // tokio's own sleep would hold its runtime.
        match self.as_mut().project() {
            Way::Tokio { sleep } if sleep.is_elapsed() => self.stop(),
            _ => false,
        }
    }
}

impl Future for Outliving {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let end = match self.as_mut().project() {
            Way::New { end } => *end,
            Way::Tokio { sleep } => sleep.deadline(),
            Way::Outside { delay } => return Pin::new(delay).poll(cx),
        };
        // The runtime may be gone, or nobody may drive it.
        if let Some(polled) = in_tokio().then(|| self.as_mut().poll_tokio(cx)).flatten() {
            return polled;
        }
        let mut delay = delay_until(end);
        let polled = Pin::new(&mut delay).poll(cx);
        self.set(Outliving::Outside { delay });
        polled
    }
}

impl Outliving {
    fn during(length: Duration) -> Self {
        Outliving::New { end: tokio::time::Instant::now() + length }
    }

    /// Polls tokio's sleep; `None` if tokio cannot sleep.
    fn poll_tokio(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Option<Poll<()>> {
        if let Way::New { end } = self.as_mut().project() {
            let end = *end;
            self.as_mut().begin(end)?;
        }
        let Way::Tokio { sleep } = self.project() else { return None };
        contained(|| match has_budget_remaining() {
            true => sleep.poll(cx),
            // A body that has spent tokio's cooperative budget must not delay its own deadline.
            false => pin!(unconstrained(sleep)).poll(cx),
        })
    }

    /// Begins tokio's sleep; `None` in a runtime without a time driver.
    fn begin(mut self: Pin<&mut Self>, end: tokio::time::Instant) -> Option<()> {
        let is_timeless = TIMELESS.try_with(Cell::get).unwrap_or(true);
        if is_timeless && !is_paused() {
            return None;
        }
        let sleep = || Outliving::Tokio { sleep: tokio::time::sleep_until(end) };
        let begun = contained(|| self.set(sleep()));
        if begun.is_none() && !is_timeless {
            let _ = TIMELESS.try_with(|timeless| timeless.set(true));
            warn_once();
        }
        begun
    }
}

#[cfg(all(test, feature = "sites"))]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_restarted_sleep_lasts_its_own_length_and_resolves_at_once_after_its_end() {
        let started = tokio::time::Instant::now();
        let mut ends = Vec::new();
        let mut sleeping = sleep(Duration::from_secs(1));
        (&mut sleeping).await;
        ends.push(started.elapsed().as_secs());
        let end = tokio::time::Instant::now() + Duration::from_secs(5);
        assert!(sleeping.restart(end.into_std()));
        for _ in 0..2 {
            (&mut sleeping).await;
            ends.push(started.elapsed().as_secs());
        }
        assert_eq!(ends, [1, 6, 6]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_that_rests_resolves_at_once_until_it_is_restarted() {
        let started = tokio::time::Instant::now();
        let mut sleeping = sleep(Duration::from_secs(1));
        (&mut sleeping).await;
        let mut sleeping = sleeping.rested().expect("it has ended");
        (&mut sleeping).await;
        assert_eq!(started.elapsed(), Duration::from_secs(1));
        let end = tokio::time::Instant::now() + Duration::from_secs(5);
        assert!(sleeping.restart(end.into_std()));
        sleeping.await;
        assert_eq!(started.elapsed(), Duration::from_secs(6));
    }

    #[tokio::test(start_paused = true)]
    async fn a_sleep_that_has_not_ended_does_not_rest() {
        let mut sleeping = sleep(Duration::from_secs(1));
        assert!(futures::poll!(&mut sleeping).is_pending());
        assert!(sleeping.rested().is_none());
    }
}
