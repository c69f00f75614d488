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
use tokio::task::unconstrained;

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

/// A sleep by tokio's timer; `None` outside of a tokio runtime.
pub(super) fn sleep(duration: Duration) -> Option<Sleeping> {
    in_tokio().then(|| Sleeping::new(Outliving::during(duration)))
}

/// A sleep until an instant of tokio's clock; `None` outside of a tokio runtime.
pub(super) fn sleep_until(end: Instant) -> Option<Sleeping> {
    in_tokio().then(|| Sleeping::new(Outliving::until(tokio::time::Instant::from_std(end))))
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
        Tokio { #[pin] sleep: tokio::time::Sleep },
        Outside { delay: Delay },
    }
}

impl Outliving {
    fn during(duration: Duration) -> Self {
        Outliving::until(tokio::time::Instant::now() + duration)
    }

    fn until(end: tokio::time::Instant) -> Self {
        let is_timeless = TIMELESS.try_with(Cell::get).unwrap_or(true);
        let tokio = match is_timeless && !is_paused() {
            true => None,
            false => contained(|| tokio::time::sleep_until(end)),
        };
        match tokio {
            Some(sleep) => Outliving::Tokio { sleep },
            None => {
                if !is_timeless {
                    let _ = TIMELESS.try_with(|timeless| timeless.set(true));
                    warn_once();
                }
                Outliving::Outside { delay: delay_until(end) }
            }
        }
    }
}

impl Restart for Outliving {
    fn restart(mut self: Pin<&mut Self>, length: Duration) -> bool {
        let goes_on = in_tokio();
        if goes_on {
            self.set(Outliving::during(length));
        }
        goes_on
    }
}

impl Future for Outliving {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let end = match self.as_mut().project() {
            Way::Outside { delay } => return Pin::new(delay).poll(cx),
            Way::Tokio { mut sleep } => {
                // Unconstrained: a body that has spent tokio's cooperative budget must not delay its own deadline.
                let poll = || pin!(unconstrained(sleep.as_mut())).poll(cx);
                // The runtime may be gone, or nobody may drive it.
                if let Some(polled) = in_tokio().then(|| contained(poll)).flatten() {
                    return polled;
                }
                sleep.deadline()
            }
        };
        let mut delay = delay_until(end);
        let polled = Pin::new(&mut delay).poll(cx);
        self.set(Outliving::Outside { delay });
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_restarted_sleep_lasts_its_own_length_and_resolves_at_once_after_its_end() {
        let started = tokio::time::Instant::now();
        let mut ends = Vec::new();
        let mut sleeping = sleep(Duration::from_secs(1)).expect("in a runtime");
        (&mut sleeping).await;
        ends.push(started.elapsed().as_secs());
        assert!(sleeping.restart(Duration::from_secs(5)));
        for _ in 0..2 {
            (&mut sleeping).await;
            ends.push(started.elapsed().as_secs());
        }
        assert_eq!(ends, [1, 6, 6]);
    }
}
