//! The time of one scope: it stands still, and jumps to the next moment that somebody sleeps for.
//!
//! A sleep ends when the clock has reached its end. Of those who sleep, the one whose end comes first moves the
//! clock, after everybody else has had the opportunity to do what they do at the present moment: every wrapped
//! task is idle, and the sleeper has let its executor go round [`ROUNDS`] times without anything new. A task that
//! does not come to rest holds the others up for [`PATIENCE`] rounds, not for ever; and where the one whose turn it
//! is is not polled any more, the next one takes over, after some real milliseconds.
//!
//! A limit (a timeout, a deadline) has its place in the order of moments, but moves nothing: as long as an
//! attempt does real work, it has real time.
//!
//! Where tokio's clock is paused it is the one that moves, and the scope's follows it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use retry_runtime::control::real_now;

use super::clock;

/// So often a sleeper lets everybody else run before it moves the clock.
const ROUNDS: u32 = 16;

/// So often, when a wrapped task has something to do all the same.
const PATIENCE: u32 = 10_000;

/// The clock of a scope.
#[derive(Debug)]
pub(crate) struct Time(Mutex<State>);

#[derive(Debug)]
struct State {
    started: Instant,
    now: Instant,
    /// What tokio's paused clock has shown last.
    tokio: Option<Instant>,
    /// Who waits, by the moment.
    timers: BTreeMap<Place, Timer>,
    last: u64,
    /// Wrapped tasks.
    tasks: BTreeMap<u64, Task>,
    /// Counts what happens: a sleeper sees that it is not alone.
    changes: u64,
}

/// A moment, and a number among those who wait for the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(When, u64);

/// When a sleep ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum When {
    At(Instant),
    Never,
}

#[derive(Debug)]
struct Timer {
    waker: Waker,
    /// Whether it moves the clock.
    moves: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// It is being polled.
    Running,
    /// It wants to be polled.
    Awake,
    Idle,
}

/// What a sleeper finds when it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The moment has come.
    Over,
    /// Somebody else moves the clock.
    Wait,
    /// It is this sleeper's turn to move the clock, later.
    Again,
}

/// What a sleeper does about the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It is a limit, and moves nothing.
    Limit,
    /// It moves the clock when it is the first.
    InTurn,
    /// It moves the clock out of turn: whoever is the first does nothing.
    TakesOver,
}

/// How far a sleeper is with letting others run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rounds {
    seen: u64,
    made: u32,
}

impl Time {
    pub(super) fn new() -> Self {
        let now = real_now();
        let (tokio, timers, tasks) = (clock::paused(), BTreeMap::new(), BTreeMap::new());
        let state = State { started: now, now, tokio, timers, last: 0, tasks, changes: 0 };
        Time(Mutex::new(state))
    }

    pub(super) fn now(&self) -> Instant {
        let paused = clock::paused();
        let mut state = self.lock();
        let Some(tokio) = paused else { return state.now };
        if let Some(seen) = state.tokio.replace(tokio) {
            state.now = later(state.now, tokio.saturating_duration_since(seen));
        }
        state.now
    }

    pub(super) fn passed(&self) -> Duration {
        let now = self.now();
        now.saturating_duration_since(self.lock().started)
    }

    /// The moment after this time.
    pub(super) fn after(&self, time: Duration) -> Instant {
        later(self.now(), time)
    }

    /// Moves the clock by so much, and wakes those whose moment has come.
    pub(super) fn advance(&self, time: Duration) {
        let end = self.after(time);
        self.advance_to(end);
    }

    pub(super) fn advance_to(&self, end: Instant) {
        let due = self.lock().jump(end);
        due.into_iter().for_each(Waker::wake);
    }

    /// Takes a place among those who wait.
    pub(super) fn place(&self, when: When) -> Place {
        let mut state = self.lock();
        state.last += 1;
        Place(when, state.last)
    }

    /// Looks whether the moment has come; moves the clock when it is time to. `task` is the wrapped task that
    /// looks.
    pub(super) fn look(
        &self,
        place: Place,
        role: Role,
        rounds: &mut Rounds,
        task: Option<u64>,
        waker: &Waker,
    ) -> Look {
        if place.is_over(self.now()) {
            self.leave(place);
            return Look::Over;
        }
        let mut state = self.lock();
        let mut woken = state.enter(place, role != Role::Limit, waker);
        let mut look = Look::Wait;
        if role == Role::TakesOver || state.mover() == Some(place) {
            look = state.move_on(rounds, task, &mut woken);
        }
        let over = place.is_over(state.now);
        drop(state);
        woken.into_iter().for_each(Waker::wake);
        if over {
            self.leave(place);
            return Look::Over;
        }
        look
    }

    /// How much has happened.
    pub(super) fn changes(&self) -> u64 {
        self.lock().changes
    }

    /// Gives the place up.
    pub(super) fn leave(&self, place: Place) {
        let mut state = self.lock();
        let left = state.timers.remove(&place).is_some();
        state.changes += u64::from(left);
        let next = if left { state.mover_waker() } else { None };
        drop(state);
        next.into_iter().for_each(Waker::wake);
    }

    /// A wrapped task is new, is polled, or is done with being polled.
    pub(super) fn begin(&self) -> u64 {
        let mut state = self.lock();
        state.last += 1;
        let task = state.last;
        state.tasks.insert(task, Task::Awake);
        task
    }

    pub(super) fn polled(&self, task: u64) {
        self.lock().set(task, Task::Running);
    }

    pub(super) fn woken(&self, task: u64) {
        self.lock().set(task, Task::Awake);
    }

    pub(super) fn rests(&self, task: u64) {
        let mut state = self.lock();
        // Woken while it was polled, it wants to be polled again.
        if state.tasks.get(&task) == Some(&Task::Running) {
            state.set(task, Task::Idle);
        }
    }

    pub(super) fn end(&self, task: u64) {
        let mut state = self.lock();
        state.tasks.remove(&task);
        state.changes += 1;
    }

    /// Wakes everybody who waits: the scope has ended.
    pub(super) fn wake_all(&self) {
        let wakers: Vec<Waker> =
            self.lock().timers.values().map(|timer| timer.waker.clone()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    fn is_over(self, now: Instant) -> bool {
        matches!(self.0, When::At(end) if end <= now)
    }
}

impl State {
    /// Keeps the waker of one that waits; a new one is news to whoever moves the clock.
    fn enter(&mut self, place: Place, moves: bool, waker: &Waker) -> Vec<Waker> {
        let timer = Timer { waker: waker.clone(), moves };
        if self.timers.insert(place, timer).is_some() {
            return Vec::new();
        }
        self.changes += 1;
        let mover = self.mover().filter(|mover| *mover != place);
        mover.and_then(|_| self.mover_waker()).into_iter().collect()
    }

    /// The first of those who move the clock.
    fn mover(&self) -> Option<Place> {
        self.ahead().find(|(_, timer)| timer.moves).map(|(place, _)| *place)
    }

    fn mover_waker(&self) -> Option<Waker> {
        self.ahead().find(|(_, timer)| timer.moves).map(|(_, timer)| timer.waker.clone())
    }

    /// Those whose moment has not come. The others have been woken.
    fn ahead(&self) -> impl Iterator<Item = (&Place, &Timer)> {
        self.timers.iter().filter(|(place, _)| !place.is_over(self.now))
    }

    fn move_on(&mut self, rounds: &mut Rounds, task: Option<u64>, woken: &mut Vec<Waker>) -> Look {
        if rounds.seen != self.changes {
            *rounds = Rounds { seen: self.changes, made: 0 };
        }
        rounds.made += 1;
        let at_rest = |(other, state): (&u64, &Task)| Some(*other) == task || *state == Task::Idle;
        let enough = if self.tasks.iter().all(at_rest) { ROUNDS } else { PATIENCE };
        if rounds.made < enough {
            return Look::Again;
        }
        let next = self.ahead().next().map(|(place, _)| *place);
        match next {
            Some(Place(When::At(end), _)) => {
                woken.extend(self.jump(end));
                Look::Again
            }
            // Nothing that could come: somebody else has to do something.
            _ => Look::Wait,
        }
    }

    /// Moves the clock, and returns those whose moment has come, in their order.
    fn jump(&mut self, end: Instant) -> Vec<Waker> {
        self.now = self.now.max(end);
        self.changes += 1;
        let due = self.timers.iter().take_while(|(place, _)| place.is_over(self.now));
        due.map(|(_, timer)| timer.waker.clone()).collect()
    }

    fn set(&mut self, task: u64, to: Task) {
        // Not a change: a sleeper that looks again wakes its own task.
        if let Some(state) = self.tasks.get_mut(&task) {
            *state = to;
        }
    }
}

/// As good as never is where an `Instant` ends.
fn later(moment: Instant, by: Duration) -> Instant {
    moment.checked_add(by).unwrap_or(moment)
}
