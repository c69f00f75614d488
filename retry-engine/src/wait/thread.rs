//! Sleeps outside of any runtime: one thread of the process wakes the tasks whose sleeps end.
//!
//! `futures-timer` does the same; to build it takes a third as long as to build a `Policy` without `sites`.

use std::collections::VecDeque;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use crate::base::border::wake;
use crate::base::sleep::Restart;
use crate::base::sync::{lock, unpoisoned};
use crate::base::time::Instant;

/// The name of the thread, as debuggers show it.
const NAME: &str = "retry-timer";

static SLEEPS: Mutex<Sleeps> =
    Mutex::new(Sleeps { tasks: VecDeque::new(), last: 0, has_thread: false });

/// Notified when a sleep begins that ends before all others.
static EARLIER: Condvar = Condvar::new();

/// The time after which the thread looks again if there is no sleep.
const IDLE: Duration = Duration::from_secs(3600);

/// The sleeps of the process that have been polled and go on.
struct Sleeps {
    /// The task of each, in the order of their ends: most sleeps begin behind the others, and end or are dropped in front.
    tasks: VecDeque<(Place, Waker)>,
    /// The number of the last sleep.
    last: u64,
    has_thread: bool,
}

/// The end of a sleep, and its number, which tells sleeps apart that end together.
type Place = (Instant, u64);

/// A sleep until an instant. The first one that is polled before its end starts the thread.
pub(super) struct Delay {
    end: Instant,
    /// Set by the first poll.
    number: Option<u64>,
}

impl Delay {
    /// A sleep from now on. `duration` must not overflow the clock.
    pub(super) fn new(duration: Duration) -> Self {
        Delay { end: Instant::now() + duration, number: None }
    }
}

impl Restart for Delay {}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        // Wakers are foreign code: they are cloned and dropped outside of the lock.
        let waker = cx.waker().clone();
        let mut sleeps = lock(&SLEEPS);
        sleeps.has_thread = sleeps.has_thread || start_thread();
        if !sleeps.has_thread {
            drop(sleeps);
            // Without threads, as in WASI, nobody else could end the sleep.
            thread::sleep(left);
            return Poll::Ready(());
        }
        let number = self.number.unwrap_or(sleeps.last + 1);
        sleeps.last = sleeps.last.max(number);
        let (before, is_new_first) = sleeps.put((self.end, number), waker);
        drop(sleeps);
        drop(before);
        if is_new_first {
            EARLIER.notify_one();
        }
        self.number = Some(number);
        Poll::Pending
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            let waker = lock(&SLEEPS).take((self.end, number));
            drop(waker);
        }
    }
}

impl Sleeps {
    fn find(&self, place: Place) -> Result<usize, usize> {
        self.tasks.binary_search_by_key(&place, |(place, _)| *place)
    }

    /// Sets the task of a sleep. Returns the one before, and whether the sleep is new and ends before all others.
    fn put(&mut self, place: Place, waker: Waker) -> (Option<Waker>, bool) {
        match self.find(place) {
            Ok(index) => (Some(mem::replace(&mut self.tasks[index].1, waker)), false),
            Err(index) => {
                self.tasks.insert(index, (place, waker));
                (None, index == 0)
            }
        }
    }

    fn take(&mut self, place: Place) -> Option<Waker> {
        let index = self.find(place).ok()?;
        self.tasks.remove(index).map(|(_, waker)| waker)
    }
}

/// Starts the thread; `false` if the platform has no threads, or no more of them.
fn start_thread() -> bool {
    thread::Builder::new().name(NAME.to_owned()).spawn(run).is_ok()
}

/// Ends sleeps for as long as the process runs.
fn run() {
    let mut sleeps = lock(&SLEEPS);
    loop {
        let left = sleeps
            .tasks
            .front()
            .map_or(IDLE, |((end, _), _)| end.saturating_duration_since(Instant::now()));
        if !left.is_zero() {
            (sleeps, _) = unpoisoned(EARLIER.wait_timeout(sleeps, left));
            continue;
        }
        let due = sleeps.tasks.pop_front();
        drop(sleeps);
        // Foreign code: it may sleep in turn, or panic.
        if let Some((_, waker)) = due {
            wake(waker);
        }
        sleeps = lock(&SLEEPS);
    }
}
