//! The clock of one scope: it stands still, and jumps to the end of the next sleep.
//!
//! A sleep ends when the clock has reached its end. The sleeper whose end comes first moves the clock, after all other tasks
//! have done their work at the present moment: every wrapped task is idle, and the sleeper has yielded to its executor
//! [`ROUNDS`] times without a change. A task that never becomes idle delays the clock for [`PATIENCE`] rounds. If the
//! sleeper whose turn it is is no longer polled, another one moves the clock after some real milliseconds.
//!
//! A limit (a timeout, a deadline) is ordered among the sleeps, but does not move the clock: as long as an attempt does
//! real work, real time is measured.
//!
//! If tokio's clock is paused, that clock moves, and the scope's clock follows it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::task::Waker;
use std::time::{Duration, Instant};

use retry_runtime::control::{lock, real_now};

use super::clock;

/// How often a sleeper yields to all other tasks before it moves the clock.
const ROUNDS: u32 = 16;

/// How often a sleeper yields while a wrapped task is still busy.
const PATIENCE: u32 = 10_000;

/// The clock of a scope.
#[derive(Debug)]
pub(crate) struct Time(Mutex<ClockState>);

#[derive(Debug)]
struct ClockState {
    started: Instant,
    now: Instant,
    /// The last reading of tokio's paused clock.
    tokio: Option<Instant>,
    /// The waiting sleepers, by the end of their sleep.
    timers: BTreeMap<Place, Timer>,
    last: u64,
    /// Wrapped tasks.
    tasks: BTreeMap<u64, Task>,
    /// Counts changes, by which a sleeper notices that other tasks are active.
    changes: u64,
}

/// A sleeper's key: the end of its sleep, and a number that distinguishes sleepers with the same end.
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
    /// Whether the sleeper moves the clock.
    moves: bool,
}

/// The state of a wrapped task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The task is being polled.
    Running,
    /// The task was woken and has not been polled yet.
    Awake,
    Idle,
}

/// The result of a sleeper's look at the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// The sleep has ended.
    Over,
    /// Another sleeper moves the clock.
    Wait,
    /// It is this sleeper's turn to move the clock, after more rounds.
    Again,
}

/// A sleeper's role in moving the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A limit, which does not move the clock.
    Limit,
    /// The sleeper moves the clock when its end comes first.
    InTurn,
    /// The sleeper moves the clock out of turn, since the first sleeper is not polled.
    TakesOver,
}

/// The rounds in which a sleeper has yielded to other tasks.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rounds {
    seen: u64,
    made: u32,
}

impl Time {
    pub(super) fn new() -> Self {
        let now = real_now();
        let (tokio, timers, tasks) = (clock::paused(), BTreeMap::new(), BTreeMap::new());
        let state = ClockState { started: now, now, tokio, timers, last: 0, tasks, changes: 0 };
        Time(Mutex::new(state))
    }

    pub(super) fn now(&self) -> Instant {
        let paused = clock::paused();
        let mut state = lock(&self.0);
        let Some(tokio) = paused else { return state.now };
        if let Some(seen) = state.tokio.replace(tokio) {
            state.now = later(state.now, tokio.saturating_duration_since(seen));
        }
        state.now
    }

    pub(super) fn passed(&self) -> Duration {
        let now = self.now();
        now.saturating_duration_since(lock(&self.0).started)
    }

    /// The moment `time` after now.
    pub(super) fn after(&self, time: Duration) -> Instant {
        later(self.now(), time)
    }

    /// Advances the clock, and wakes the sleepers whose sleep has ended.
    pub(super) fn advance(&self, time: Duration) {
        let end = self.after(time);
        self.advance_to(end);
    }

    pub(super) fn advance_to(&self, end: Instant) {
        let due = lock(&self.0).jump(end);
        due.into_iter().for_each(Waker::wake);
    }

    /// Creates the key of a new sleeper.
    pub(super) fn place(&self, when: When) -> Place {
        let mut state = lock(&self.0);
        state.last += 1;
        Place(when, state.last)
    }

    /// Checks whether the sleep has ended, and moves the clock if it is this sleeper's turn. `task` is the wrapped task that
    /// polls the sleeper.
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
        let mut state = lock(&self.0);
        let mut woken = state.enter(place, role != Role::Limit, waker);
        let mut look = Look::Wait;
        if role == Role::TakesOver || state.mover().is_some_and(|(mover, _)| mover == place) {
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

    /// The number of changes so far.
    pub(super) fn changes(&self) -> u64 {
        lock(&self.0).changes
    }

    /// Removes the sleeper.
    pub(super) fn leave(&self, place: Place) {
        let mut state = lock(&self.0);
        let left = state.timers.remove(&place).is_some();
        state.changes += u64::from(left);
        let next = state.mover().filter(|_| left);
        drop(state);
        next.into_iter().for_each(|(_, waker)| waker.wake());
    }

    /// Registers a wrapped task, and returns its number.
    pub(super) fn begin(&self) -> u64 {
        let mut state = lock(&self.0);
        state.last += 1;
        let task = state.last;
        state.tasks.insert(task, Task::Awake);
        task
    }

    /// Notes that a task is polled or was woken.
    pub(super) fn set(&self, task: u64, to: Task) {
        // Not counted as a change: a sleeper that looks again wakes its own task.
        if let Some(state) = lock(&self.0).tasks.get_mut(&task) {
            *state = to;
        }
    }

    /// Notes that a task has been polled; a task that was woken meanwhile stays awake.
    pub(super) fn rests(&self, task: u64) {
        let mut state = lock(&self.0);
        if let Some(state @ Task::Running) = state.tasks.get_mut(&task) {
            *state = Task::Idle;
        }
    }

    pub(super) fn end(&self, task: u64) {
        let mut state = lock(&self.0);
        state.tasks.remove(&task);
        state.changes += 1;
    }

    /// Wakes all sleepers at the end of the scope.
    pub(super) fn wake_all(&self) {
        let wakers: Vec<Waker> =
            lock(&self.0).timers.values().map(|timer| timer.waker.clone()).collect();
        wakers.into_iter().for_each(Waker::wake);
    }
}

impl Place {
    fn is_over(self, now: Instant) -> bool {
        matches!(self.0, When::At(end) if end <= now)
    }
}

impl ClockState {
    /// Stores the waker of a sleeper. For a new sleeper, returns the waker of the sleeper that moves the clock, which must
    /// look again.
    fn enter(&mut self, place: Place, moves: bool, waker: &Waker) -> Vec<Waker> {
        let timer = Timer { waker: waker.clone(), moves };
        if self.timers.insert(place, timer).is_some() {
            return Vec::new();
        }
        self.changes += 1;
        let mover = self.mover().filter(|(mover, _)| *mover != place);
        mover.into_iter().map(|(_, waker)| waker).collect()
    }

    /// The sleeper that moves the clock, the first one that is not a limit, and its waker.
    fn mover(&self) -> Option<(Place, Waker)> {
        let (place, timer) = self.ahead().find(|(_, timer)| timer.moves)?;
        Some((*place, timer.waker.clone()))
    }

    /// The sleepers whose sleep has not ended. The others have been woken.
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
            // No sleep has an end to jump to: only another task can make progress.
            _ => Look::Wait,
        }
    }

    /// Moves the clock, and returns the wakers of the sleepers whose sleep has ended, in order.
    fn jump(&mut self, end: Instant) -> Vec<Waker> {
        self.now = self.now.max(end);
        self.changes += 1;
        let due = self.timers.iter().take_while(|(place, _)| place.is_over(self.now));
        due.map(|(_, timer)| timer.waker.clone()).collect()
    }
}

/// Adds a duration; a sum that overflows `Instant` leaves the moment unchanged.
fn later(moment: Instant, by: Duration) -> Instant {
    moment.checked_add(by).unwrap_or(moment)
}
