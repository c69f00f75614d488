//! Virtual time for blocking code, like tokio's paused clock for `async` code.
//!
//! A process has one timer, so this timer is installed for all tests of the binary. It behaves like the default
//! timer except on a thread inside [`virtually`].

use std::cell::{Cell, RefCell};
use std::sync::Once;
use std::time::{Duration, Instant};

use retry_runtime::timer::{self, Clock, Sleep, Timer};

/// Runs `work` on virtual time: the sleeps of sync calls take no real time.
pub(crate) fn virtually<T>(work: impl FnOnce() -> T) -> T {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| timer::install(&PerThread).expect("the only timer of this binary"));
    let _reset = Reset;
    NOW.set(Some(Instant::now()));
    work()
}

/// The current time; virtual inside [`virtually`].
pub(crate) fn now() -> Instant {
    PerThread.now()
}

/// Advances virtual time, to simulate a body that takes this long.
pub(crate) fn advance(duration: Duration) {
    pass(now() + duration, &mut || false);
}

/// Schedules `happens` after some virtual time; it runs during a sleep or an [`advance`].
pub(crate) fn after(duration: Duration, happens: impl FnOnce() + 'static) {
    let event = (now() + duration, Box::new(happens) as Happens);
    EVENTS.with_borrow_mut(|events| events.push(event));
}

type Happens = Box<dyn FnOnce()>;

thread_local! {
    static NOW: Cell<Option<Instant>> = const { Cell::new(None) };
    static EVENTS: RefCell<Vec<(Instant, Happens)>> = const { RefCell::new(Vec::new()) };
}

struct Reset;

impl Drop for Reset {
    fn drop(&mut self) {
        NOW.set(None);
        EVENTS.take();
    }
}

struct PerThread;

impl Clock for PerThread {
    fn now(&self) -> Instant {
        NOW.get().unwrap_or_else(|| Usual.now())
    }
}

impl Timer for PerThread {
    /// On virtual time, the sleep polled first ends first, so only one call may sleep at a time.
    fn sleep(&self, duration: Duration) -> Sleep {
        match NOW.get() {
            Some(now) => Box::pin(async move { pass(now + duration, &mut || false) }),
            None => Usual.sleep(duration),
        }
    }

    fn block(&self, duration: Duration, cancelled: &mut dyn FnMut() -> bool) {
        match NOW.get() {
            Some(now) => pass(now + duration, cancelled),
            None => Usual.block(duration, cancelled),
        }
    }
}

/// Moves the clock from event to event until `end` or until the sleep is cancelled.
fn pass(end: Instant, cancelled: &mut dyn FnMut() -> bool) {
    while !cancelled() {
        let Some((at, happens)) = next_event(end) else {
            NOW.set(Some(end.max(now())));
            return;
        };
        NOW.set(Some(at.max(now())));
        happens();
    }
}

fn next_event(end: Instant) -> Option<(Instant, Happens)> {
    EVENTS.with_borrow_mut(|events| {
        events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let due = events.last().is_some_and(|(at, _)| *at <= end);
        if due { events.pop() } else { None }
    })
}

/// Behaves like the runtime's default timer.
struct Usual;

impl Clock for Usual {}

impl Timer for Usual {
    fn sleep(&self, duration: Duration) -> Sleep {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Box::pin(tokio::task::unconstrained(tokio::time::sleep(duration)));
        }
        Box::pin(futures_timer::Delay::new(duration))
    }
}
