//! Sleeps outside of any runtime: one thread of the process wakes the tasks whose sleeps end.
//!
//! `futures-timer` does the same, but is a third of the optimised build of a `Policy` without `sites`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use super::ends::Ends;
use crate::base::border::wake;
use crate::base::sync::lock;
use crate::base::time::Instant;

/// The name of the thread, as debuggers show it.
const NAME: &str = "retry-timer";

static TIMER: Mutex<Timer> = Mutex::new(Timer { ends: Ends::new(), thread: None });

struct Timer {
    ends: Ends,
    thread: Option<Thread>,
}

/// A sleep until an instant. The first one that is polled before its end starts the thread.
pub(super) struct Delay {
    end: Instant,
    /// After the first poll: the number of the sleep in [`Ends`], and the task that the thread wakes.
    known: Option<(usize, Waker)>,
}

impl Delay {
    /// A sleep from now on. `duration` must not overflow the clock.
    pub(super) fn new(duration: Duration) -> Self {
        Delay { end: Instant::now() + duration, known: None }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        if self.known.as_ref().is_some_and(|(_, known)| known.will_wake(cx.waker())) {
            return Poll::Pending;
        }
        // Clones and drops of wakers are foreign code, which runs outside of the lock.
        let (waker, known) = (cx.waker().clone(), cx.waker().clone());
        let mut timer = lock(&TIMER);
        if let Some((number, _)) = self.known {
            let before = timer.ends.set_waker(number, waker);
            drop(timer);
            drop(before);
            self.known = Some((number, known));
            // The sleep may have ended meanwhile, when the thread knew another task.
            return if Instant::now() < self.end { Poll::Pending } else { Poll::Ready(()) };
        }
        if !timer.has_thread() {
            drop(timer);
            // Without threads, as in WASI, nobody else could end the sleep.
            thread::sleep(left);
            return Poll::Ready(());
        }
        let is_first = timer.ends.first().is_none_or(|first| self.end < first);
        self.known = Some((timer.ends.add(self.end, waker), known));
        if is_first {
            timer.wake();
        }
        Poll::Pending
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let Some((number, _)) = self.known {
            let waker = lock(&TIMER).ends.forget(number);
            drop(waker);
        }
    }
}

impl Timer {
    /// Starts the thread if it does not run, and returns whether it runs.
    fn has_thread(&mut self) -> bool {
        if self.thread.is_none() {
            let started = thread::Builder::new().name(NAME.to_owned()).spawn(run);
            self.thread = started.ok().map(|started| started.thread().clone());
        }
        self.thread.is_some()
    }

    /// Makes the thread look at the first sleep again.
    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

/// Ends sleeps for as long as the process runs.
fn run() {
    loop {
        let mut timer = lock(&TIMER);
        let now = Instant::now();
        let due = timer.ends.end_first(now);
        let first = timer.ends.first();
        drop(timer);
        match (due, first) {
            // Foreign code: it may sleep in turn, or panic.
            (Some(waker), _) => wake(waker),
            (None, Some(end)) => thread::park_timeout(end.saturating_duration_since(now)),
            (None, None) => thread::park(),
        }
    }
}
