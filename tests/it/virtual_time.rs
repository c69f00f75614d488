//! Time that tests move: for code that blocks, what a paused tokio clock is for `async` code.
//!
//! A process has one timer, so this one is installed for all tests of the binary. It is the default timer
//! except on a thread that is inside [`virtually`].

use std::cell::{Cell, RefCell};
use std::sync::Once;
use std::time::{Duration, Instant};

use retry_runtime::timer::{self, Clock, Sleep, Timer};

/// Runs `work` on virtual time: sleeps of sync calls take none of the real one.
pub(crate) fn virtually<T>(work: impl FnOnce() -> T) -> T {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| timer::install(&PerThread).expect("the only timer of this binary"));
    let _reset = Reset;
    NOW.set(Some(Instant::now()));
    work()
}

/// The time now, virtual inside [`virtually`].
pub(crate) fn now() -> Instant {
    PerThread.now()
}

/// Lets virtual time pass: a body that takes this long.
pub(crate) fn advance(duration: Duration) {
    pass(now() + duration, &mut || false);
}

/// Has something happen after some virtual time, in a sleep or in an [`advance`].
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
    /// On virtual time the sleep that is polled first is over first: for one call at a time.
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

/// Moves the clock from event to event, to the end or until it is cancelled.
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

/// The timer that the runtime has when none is installed.
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
