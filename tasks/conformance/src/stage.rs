//! Functions that do what a test tells them.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use retry_runtime::{CallId, Class, Classify, Interruption, Kind, retryable};

/// The names of the functions here.
pub(crate) const NAMES: [&str; 6] = [
    "conformance::guarded",
    "conformance::repeatable",
    "conformance::once",
    "conformance::blocking",
    "conformance::paced",
    "conformance::single",
];

/// What one attempt does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Returns the attempt's number.
    Succeed,
    /// Fails in this way.
    Fail(Kind),
    /// Fails, and asks for a delay.
    Throttle(Duration),
    /// Never ends.
    Hang,
    /// Panics.
    Panic,
    /// Says that it is half done, and never ends.
    HalfDone,
}

/// What the attempts of each play do, and what they have done.
#[derive(Clone, Debug, Default)]
pub struct Stage(Arc<Mutex<Plays>>);

#[derive(Debug, Default)]
struct Plays {
    acts: HashMap<String, VecDeque<Act>>,
    started: Vec<String>,
    ids: Vec<CallId>,
    dropped: u32,
}

impl Stage {
    fn lock(&self) -> MutexGuard<'_, Plays> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the attempts of this play will do; after that they succeed.
    pub(crate) fn script(&self, play: &str, acts: &[Act]) {
        self.lock().acts.insert(play.to_owned(), acts.iter().copied().collect());
    }

    /// The plays that were started, in order, one entry for each attempt.
    pub(crate) fn started(&self) -> Vec<String> {
        self.lock().started.clone()
    }

    /// The identifiers that attempts have seen.
    pub(crate) fn ids(&self) -> Vec<CallId> {
        self.lock().ids.clone()
    }

    /// Attempts that were dropped before they had ended.
    pub(crate) fn dropped(&self) -> u32 {
        self.lock().dropped
    }

    fn next(&self, play: &str, id: CallId) -> Act {
        let mut plays = self.lock();
        plays.started.push(play.to_owned());
        plays.ids.push(id);
        plays.acts.get_mut(play).and_then(VecDeque::pop_front).unwrap_or(Act::Succeed)
    }

    async fn perform(&self, play: &str, id: CallId) -> Result<String, Trouble> {
        let act = self.next(play, id);
        match act {
            Act::Hang | Act::HalfDone => {
                if let (Act::HalfDone, Some(task)) = (act, retry_tasks::current()) {
                    task.progress(0.5);
                    task.message("half done");
                }
                let _dropped = Dropped(self.clone());
                std::future::pending().await
            }
            act => result(play, act),
        }
    }
}

fn result(play: &str, act: Act) -> Result<String, Trouble> {
    match act {
        Act::Fail(kind) => Err(Trouble(kind.into())),
        Act::Throttle(delay) => Err(Trouble(Class::new(Kind::Throttled).after(delay))),
        Act::Panic => panic!("as the script says"),
        Act::Succeed | Act::Hang | Act::HalfDone => Ok(play.to_owned()),
    }
}

struct Dropped(Stage);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.lock().dropped += 1;
    }
}

/// The failure of a play.
#[derive(Clone, Copy, Debug)]
pub struct Trouble(Class);

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

/// Four attempts, the delays 1 s, 2 s and 4 s, and no harm done by a repetition.
#[retryable(max = 3, jitter = none, idempotent, budget = none, attempt = attempt,
    name = "conformance::repeatable", task(state(stage)))]
pub(crate) async fn repeatable(play: String, stage: &Stage) -> Result<String, Trouble> {
    stage.perform(&play, attempt.call_id()).await
}

/// The same, and every repetition would do harm.
#[retryable(max = 3, jitter = none, idempotent = false, budget = none, attempt = attempt,
    name = "conformance::once", task(state(stage), redact(secret)))]
pub(crate) async fn once(
    play: String,
    secret: Option<u32>,
    stage: Stage,
) -> Result<String, Trouble> {
    let _ = secret;
    stage.perform(&play, attempt.call_id()).await
}

/// A function that blocks.
#[retryable(max = 1, jitter = none, budget = none, attempt = attempt,
    name = "conformance::blocking", task(state(stage)))]
pub(crate) fn blocking(play: String, stage: &Stage) -> Result<String, Trouble> {
    let act = stage.next(&play, attempt.call_id());
    if retry_tasks::current().is_none() {
        return Err(Trouble(Kind::Permanent.into()));
    }
    result(&play, act)
}

/// One attempt, and two tokens for more.
#[retryable(max = 0, budget(capacity = 2), attempt = attempt,
    name = "conformance::paced", task(state(stage)))]
pub(crate) async fn paced(play: String, stage: &Stage) -> Result<String, Trouble> {
    stage.perform(&play, attempt.call_id()).await
}

/// One at a time.
#[retryable(max = 0, budget = none, attempt = attempt,
    name = "conformance::single", task(state(stage), concurrency = 1))]
pub(crate) async fn single(play: String, stage: &Stage) -> Result<String, Trouble> {
    stage.perform(&play, attempt.call_id()).await
}

/// Behind a breaker that the first failure opens, for longer than any case takes.
#[retryable(max = 3, jitter = none, budget = none, breaker(consecutive = 1, open = "10min"), attempt = attempt,
    name = "conformance::guarded", task(state(stage)))]
pub(crate) async fn guarded(play: String, stage: &Stage) -> Result<String, Trouble> {
    stage.perform(&play, attempt.call_id()).await
}
