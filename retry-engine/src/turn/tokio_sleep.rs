//! A sleep by tokio's timer that outlives its runtime.
//!
//! tokio's own sleep panics in a runtime that was built without `enable_time`, and where its runtime has shut down. Both
//! would happen at a program's first failures in production. tokio has no way to ask beforehand, so its panics end here,
//! and `futures-timer` sleeps instead.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_timer::Delay;
use tokio::runtime::Handle;
use tokio::task::Unconstrained;

use crate::base::border::contained;
use crate::base::sleep::Sleep;
use crate::event;

thread_local! {
    /// Whether this thread has met a runtime without a time driver. It is not asked again, since tokio's panic would be
    /// printed each time.
    static TIMELESS: Cell<bool> = const { Cell::new(false) };
}

/// The sleep of a call inside a tokio runtime.
pub(super) fn sleep(duration: Duration) -> Sleep {
    let is_timeless = TIMELESS.try_with(Cell::get).unwrap_or(true);
    if is_timeless && !is_paused() {
        return Box::pin(Delay::new(duration));
    }
    match contained(|| tokio::time::sleep(duration)) {
        Some(sleep) => {
            // Unconstrained: a body that has spent tokio's cooperative budget must not delay its own deadline.
            let sleep = Box::pin(tokio::task::unconstrained(sleep));
            Box::pin(Outliving { end: Instant::now() + duration, by: By::Tokio(sleep) })
        }
        None => {
            let _ = TIMELESS.try_with(|timeless| timeless.set(true));
            warn_once();
            Box::pin(Delay::new(duration))
        }
    }
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
        event::no_time_driver();
    }
}

/// A sleep that goes on by `futures-timer` outside of a runtime, and when its runtime has shut down.
struct Outliving {
    end: Instant,
    by: By,
}

enum By {
    Tokio(Pin<Box<Unconstrained<tokio::time::Sleep>>>),
    Other(Delay),
}

impl Future for Outliving {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let By::Tokio(sleep) = &mut self.by {
            // The runtime may be gone, or nobody may drive it.
            let in_runtime = Handle::try_current().is_ok();
            let polled = in_runtime.then(|| contained(|| sleep.as_mut().poll(cx))).flatten();
            if let Some(polled) = polled {
                return polled;
            }
            self.by = By::Other(Delay::new(self.end.saturating_duration_since(Instant::now())));
        }
        match &mut self.by {
            By::Tokio(_) => Poll::Ready(()),
            By::Other(delay) => Pin::new(delay).poll(cx),
        }
    }
}
