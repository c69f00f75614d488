//! The act of a plugged-in piece of code when the engine calls it: nothing, panic, block, or call the engine again.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::functions;

/// The places where a program plugs its own code into the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Point {
    // Outside of the call: its panic must not reach the call.
    Observer,
    BreakerObserver,
    StreamReader,
    Subscriber,
    Recorder,
    Redactor,
    Hook,
    Display,
    Debug,
    Describe,
    Key,
    Backoff,
    Clock,
    BreakerClock,
    /// The subscriber, at a warning about a name that two attributes share; not a point of the table.
    Warning,
    // Part of the call: its panic is the caller's, as in a function without the attribute.
    When,
    RetryIf,
    Classify,
    Clone,
    Recover,
    Timer,
    Token,
    Interceptor,
}

impl Point {
    pub(super) const ALL: [Point; 22] = [
        Point::Observer,
        Point::BreakerObserver,
        Point::StreamReader,
        Point::Subscriber,
        Point::Recorder,
        Point::Redactor,
        Point::Hook,
        Point::Display,
        Point::Debug,
        Point::Describe,
        Point::Key,
        Point::Backoff,
        Point::Clock,
        Point::BreakerClock,
        Point::When,
        Point::RetryIf,
        Point::Classify,
        Point::Clone,
        Point::Recover,
        Point::Timer,
        Point::Token,
        Point::Interceptor,
    ];

    /// Whether a panic of this code is the caller's.
    pub(super) fn is_part_of_the_call(self) -> bool {
        self >= Point::When
    }
}

/// How the code at one point behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Panics,
    Blocks,
    CallsBack,
}

impl Manner {
    pub(super) const ALL: [Manner; 3] = [Manner::Panics, Manner::Blocks, Manner::CallsBack];
}

/// The part that one thread plays. Other threads of the process behave, so that tests may run beside each other.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) point: Option<(Point, Manner)>,
    pub(super) gate: Arc<Gate>,
}

thread_local! {
    static PART: Cell<Option<Part>> = const { Cell::new(None) };
}

/// Runs `work` with this part on the current thread.
pub(super) fn playing<T>(part: Part, work: impl FnOnce() -> T) -> T {
    PART.set(Some(part));
    let result = work();
    PART.set(None);
    result
}

/// Whether the current thread plays a part.
pub(super) fn plays() -> bool {
    let part = PART.take();
    let plays = part.is_some();
    PART.set(part);
    plays
}

/// Called by the code at each point.
pub(super) fn act(here: Point) {
    let Ok(Some(part)) = PART.try_with(Cell::take) else { return };
    PART.set(Some(part.clone()));
    part.gate.lock().reached.insert(here);
    match part.point {
        Some((point, Manner::Panics)) if point == here => resume_unwind(Box::new("on purpose")),
        Some((point, Manner::Blocks)) if point == here => part.gate.pass(),
        Some((point, Manner::CallsBack)) if point == here => {
            // An interceptor intercepts the calls that it makes, too: this one calls back once.
            if here == Point::Interceptor {
                PART.set(None);
            }
            let times = part.gate.call_back();
            functions::call_back(times);
            PART.set(Some(part));
        }
        _ => {}
    }
}

/// Where a blocked thread waits until the harness lets it go.
#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) reached: BTreeSet<Point>,
    called_back: u32,
    is_waited_at: bool,
    is_open: bool,
    has_ended: bool,
}

impl Gate {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the calls back.
    fn call_back(&self) -> u32 {
        let mut state = self.lock();
        state.called_back += 1;
        state.called_back
    }

    fn pass(&self) {
        let mut state = self.lock();
        state.is_waited_at = true;
        self.changed.notify_all();
        while !state.is_open {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The worker has ended.
    pub(super) fn end(&self) {
        self.lock().has_ended = true;
        self.changed.notify_all();
    }

    /// Waits until a thread waits at the gate, or has ended; returns whether one waits.
    pub(super) fn is_reached(&self) -> bool {
        let state = self.lock();
        let waited = self.changed.wait_timeout_while(state, super::WATCHDOG, |state| {
            !state.is_waited_at && !state.has_ended
        });
        waited.unwrap_or_else(PoisonError::into_inner).0.is_waited_at
    }

    pub(super) fn open(&self) {
        self.lock().is_open = true;
        self.changed.notify_all();
    }
}
