//! The functions of the cases, which follow a script.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use retry_runtime::{CallId, Class, Classify, Interruption, Kind, retryable};
use retry_tasks::{TaskId, Tasks};

/// The behaviour of one attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Returns the name of the play.
    Succeed,
    /// Fails with an error of this kind.
    Fail(Kind),
    /// Fails with a hint to wait this long.
    Throttle(Duration),
    /// Never ends.
    Hang,
    /// Panics.
    Panic,
    /// Reports that it is half done, and never ends.
    HalfDone,
    /// Puts the task off for ten minutes.
    Snooze,
    /// Blocks its thread until the stage [opens](Stage::open).
    Block,
}

/// Fails, and another attempt follows.
pub(crate) const FAIL: Act = Act::Fail(Kind::Transient);

/// The script of each play, and a record of the attempts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stage(Arc<Mutex<Plays>>, Arc<Condvar>);

#[derive(Debug, Default)]
pub(crate) struct Plays {
    acts: HashMap<String, VecDeque<Act>>,
    started: Vec<String>,
    /// The call identifier of each attempt.
    pub(crate) ids: Vec<CallId>,
    /// The number of attempts that were dropped before their end.
    pub(crate) dropped: u32,
    /// Whether every attempt of [`budgeted`] fails.
    pub(crate) is_down: bool,
    /// The number of blocked threads that may return.
    open: usize,
    /// The store in which the callers wait for tasks.
    tasks: Option<Tasks>,
}

impl Plays {
    pub(crate) fn tasks_mut(&mut self) -> &mut Option<Tasks> {
        &mut self.tasks
    }

    /// Forgets the attempts of a play.
    pub(crate) fn forget(&mut self, play: &str) {
        self.started.retain(|started| started != play);
    }
}

impl Stage {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Plays> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the behaviour of the next attempts of a play. Later ones succeed.
    pub(crate) fn script(&self, play: &str, acts: &[Act]) {
        self.lock().acts.insert(play.to_owned(), acts.iter().copied().collect());
    }

    /// The play of each attempt, in the order of their starts.
    pub(crate) fn started(&self) -> Vec<String> {
        self.lock().started.clone()
    }

    /// Lets one blocked thread return.
    pub(crate) fn open(&self) {
        self.lock().open += 1;
        self.1.notify_all();
    }

    /// Lets every blocked thread return.
    pub(crate) fn open_for_ever(&self) {
        self.lock().open = usize::MAX;
        self.1.notify_all();
    }

    /// Blocks the thread until the stage opens.
    fn block(&self) {
        let is_closed = |plays: &mut Plays| plays.open == 0;
        let plays = self.1.wait_while(self.lock(), is_closed);
        plays.unwrap_or_else(PoisonError::into_inner).open -= 1;
    }

    fn next(&self, play: &str, id: CallId) -> Act {
        let mut plays = self.lock();
        plays.started.push(play.to_owned());
        plays.ids.push(id);
        plays.acts.get_mut(play).and_then(VecDeque::pop_front).unwrap_or(Act::Succeed)
    }

    async fn wait(&self, id: &str) -> Result<String, String> {
        let tasks = self.lock().tasks.clone().ok_or("the case has set no store")?;
        let wait = async |id: &str| {
            let id: TaskId = id.parse().map_err(|error| format!("{error}"))?;
            Ok::<String, String>(tasks.wait(id).await.unwrap_or_else(|error| error.to_string()))
        };
        let Some((one, two)) = id.split_once(' ') else { return wait(id).await };
        let (one, two) = tokio::join!(wait(one), wait(two));
        Ok(format!("{} {}", one?, two?))
    }

    async fn perform(&self, play: &str, id: CallId) -> Played {
        let act = self.next(play, id);
        if let (Act::HalfDone, Some(task)) = (act, retry_tasks::current()) {
            task.progress(0.5);
            task.message("half done");
        }
        if let (Act::Snooze, Some(task)) = (act, retry_tasks::current()) {
            task.snooze(Duration::from_secs(600));
        }
        if matches!(act, Act::Hang | Act::HalfDone) {
            let _dropped = Dropped(self.clone());
            return std::future::pending().await;
        }
        result(play, act)
    }
}

fn result(play: &str, act: Act) -> Played {
    match act {
        Act::Fail(kind) => Err(Trouble(kind.into())),
        Act::Throttle(delay) => Err(Trouble(Class::new(Kind::Throttled).after(delay))),
        Act::Panic => panic!("as the script says"),
        Act::Succeed | Act::Hang | Act::HalfDone | Act::Block | Act::Snooze => Ok(play.to_owned()),
    }
}

struct Dropped(Stage);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().dropped += 1;
    }
}

type Played = Result<String, Trouble>;

/// The error of a play.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trouble(Class);

impl Classify for Trouble {
    fn classify(&self) -> Class {
        self.0
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "trouble of kind {:?}", self.0.kind)
    }
}

impl From<Interruption> for Trouble {
    fn from(interruption: Interruption) -> Self {
        Trouble(interruption.classify())
    }
}

/// An idempotent function with four attempts and the delays 1 s, 2 s and 4 s.
#[retryable(max = 3, jitter = none, idempotent, budget = none, attempt = attempt,
    name = "conformance::repeatable", task(state(stage)))]
pub(crate) async fn repeatable(play: String, stage: &Stage) -> Played {
    stage.perform(&play, attempt.call_id()).await
}

/// The same function, but not idempotent.
#[retryable(max = 3, jitter = none, idempotent = false, budget = none, attempt = attempt,
    name = "conformance::once", task(state(stage), redact(secret)))]
pub(crate) async fn once(play: String, secret: Option<u32>, stage: Stage) -> Played {
    let _ = secret;
    stage.perform(&play, attempt.call_id()).await
}

/// A function that blocks.
#[retryable(max = 1, jitter = none, budget = none, attempt = attempt,
    name = "conformance::blocking", task(state(stage)))]
pub(crate) fn blocking(play: String, stage: &Stage) -> Played {
    let act = stage.next(&play, attempt.call_id());
    if retry_tasks::current().is_none() {
        return Err(Trouble(Kind::Permanent.into()));
    }
    if matches!(act, Act::Block) {
        stage.block();
    }
    result(&play, act)
}

/// A function of which every failure is retried, and whose first retry is free.
#[retryable(on = any, max = 3, jitter = none, budget = none, attempt = attempt,
    name = "conformance::anything", task(state(stage)))]
pub(crate) async fn anything(play: String, stage: &Stage) -> Result<String, String> {
    stage.perform(&play, attempt.call_id()).await.map_err(|trouble| trouble.to_string())
}

/// Waits for the task with this identifier, or for two, and returns the result or the reason for which there is none.
#[retryable(on = any, max = 0, budget = none, name = "conformance::caller", task(state(stage)))]
pub(crate) async fn caller(id: String, stage: &Stage) -> Result<String, String> {
    stage.wait(&id).await
}

/// The same function, of which one attempt runs at a time.
#[retryable(on = any, max = 0, budget = none, name = "conformance::single_caller",
    task(state(stage), concurrency = 1))]
pub(crate) async fn single_caller(id: String, stage: &Stage) -> Result<String, String> {
    stage.wait(&id).await
}

/// A function that blocks, and of which one attempt runs at a time.
#[retryable(max = 1, jitter = none, budget = none, idempotent, attempt = attempt,
    name = "conformance::narrow", task(state(stage), concurrency = 1))]
pub(crate) fn narrow(play: String, stage: &Stage) -> Played {
    let act = stage.next(&play, attempt.call_id());
    if matches!(act, Act::Block) {
        stage.block();
    }
    result(&play, act)
}

/// A function with one attempt, and a budget of two tokens.
#[retryable(max = 0, budget(capacity = 2), attempt = attempt,
    name = "conformance::paced", task(state(stage)))]
pub(crate) async fn paced(play: String, stage: &Stage) -> Played {
    stage.perform(&play, attempt.call_id()).await
}

/// An idempotent function with four attempts and the default budget, whose dependency can be down.
#[retryable(max = 3, attempt = attempt, name = "conformance::budgeted", task(state(stage)))]
pub(crate) async fn budgeted(play: String, stage: &Stage) -> Played {
    let act = stage.next(&play, attempt.call_id());
    let act = if stage.lock().is_down { FAIL } else { act };
    result(&play, act)
}

/// A function whose budget has one token, and gets no other.
#[retryable(max = 1, jitter = none, budget(capacity = 1, deposit = 0.0, refill = "1d"), attempt = attempt,
    name = "conformance::starved", task(state(stage)))]
pub(crate) async fn starved(play: String, stage: &Stage) -> Played {
    stage.perform(&play, attempt.call_id()).await
}

/// A function of which one attempt runs at a time.
#[retryable(max = 0, budget = none, attempt = attempt,
    name = "conformance::single", task(state(stage), concurrency = 1))]
pub(crate) async fn single(play: String, stage: &Stage) -> Played {
    stage.perform(&play, attempt.call_id()).await
}

/// A function with a breaker that opens at the first failure and stays open for longer than any case takes.
#[retryable(max = 3, jitter = none, budget = none, breaker(consecutive = 1, open = "10min"), attempt = attempt,
    name = "conformance::guarded", task(state(stage)))]
pub(crate) async fn guarded(play: String, stage: &Stage) -> Played {
    stage.perform(&play, attempt.call_id()).await
}
