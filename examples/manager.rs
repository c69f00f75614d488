//! A retry manager: one object through which a program retries everything: `cargo run --example manager`.
//!
//! What to learn from it:
//!
//! - What such a manager has of its own is little: which errors are transient here, and what is remembered of
//!   calls that have no function. `Policy::call` has the loop, `observe_blocking` says what it did.
//! - The same settings for both: functions that are annotated take them as `[defaults]`, `execute` as a `Policy`.
//! - An error handler has no loop of its own. It delegates, and says what came of it.
//!
//! The program's own text counts every I/O error as transient. Here a file that does not exist and a denied
//! permission are not: the next attempt would find the same. A timeout or a reset connection may have taken
//! effect, so it is repeated by `execute_again`, by whose name the caller says that this is harmless, and not
//! by `execute`. There is no jitter, as its schedule wants it: at once, then after 1 s, 2 s, 4 s. Where many
//! clients share a server, leave out that line.

#[cfg(test)]
#[path = "manager/tests.rs"]
mod tests;
#[path = "manager/tour.rs"]
mod tour;

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use retry_config::{Config, ConfigErrors};
use retry_examples::story::Promises;
use retry_runtime::classify::{Patterns, of_error_chain};
use retry_runtime::{Classify, Jitter, Kind, PastCall, Policy, Stats};
use retry_runtime::{clear_all, history, observe_blocking, overview};

/// With short delays for this demonstration; a real one says 1000 and 30000.
const SETTINGS: &str = r#"{ "retry": {
    "max_retries": 3, "backoff_multiplier": 2, "initial_delay_ms": 10, "max_delay_ms": 300
} }"#;

type Cause = Box<dyn Error + Send + Sync>;

/// Any error, and what it means for retrying.
#[derive(Debug, thiserror::Error, Classify)]
#[error("{error}")]
#[classify(kind = kind)]
struct Failure {
    error: Cause,
    kind: Kind,
}

/// One line of the history.
#[derive(Clone, Debug)]
struct Entry {
    attempt: u32,
    /// Before the next attempt.
    delay: Option<Duration>,
    error: Option<String>,
    success: bool,
    timestamp: SystemTime,
}

struct Manager {
    policy: Policy,
    patterns: Patterns,
    retry_on: Vec<fn(&(dyn Error + 'static)) -> bool>,
    kept: Mutex<Kept>,
}

/// Calls that have no function: the last ones with their operations, and the counts of all.
type Kept = (VecDeque<(String, PastCall)>, Stats);

impl Manager {
    const REMEMBERED: usize = 1000;

    /// The settings are the program's; annotated functions take them too, where they say nothing else.
    fn new(settings: &str) -> Result<Self, ConfigErrors> {
        let mut config = Config::from_json(settings)?;
        config.defaults.jitter = Some(Jitter::None);
        let policy = config.defaults.policy()?;
        retry_config::apply(config)?;
        let patterns = Patterns::builtin().with("temporarily unavailable", Kind::Transient);
        let (retry_on, kept) = (Vec::new(), Mutex::default());
        Ok(Manager { policy, patterns, retry_on, kept })
    }

    /// Errors of this type are transient, wherever in a chain of causes.
    fn retry_on<E: Error + 'static>(mut self) -> Self {
        self.retry_on.push(|error| error.is::<E>());
        self
    }

    /// Runs an operation that is not annotated.
    fn execute<T, E: Into<Cause>>(
        &self,
        name: &str,
        f: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.run(self.policy, name, f)
    }

    /// [`execute`](Self::execute) for what may be done twice.
    fn execute_again<T, E: Into<Cause>>(
        &self,
        name: &str,
        f: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.run(self.policy.idempotent(true), name, f)
    }

    fn run<T, E: Into<Cause>>(
        &self,
        policy: Policy,
        name: &str,
        mut f: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Failure> {
        let (result, report) =
            observe_blocking(|| policy.call(|_| f().map_err(|error| self.judge(error.into()))));
        let mut kept = self.kept();
        let (past, stats) = &mut *kept;
        stats.record(&report);
        past.push_back((name.to_owned(), PastCall::new(SystemTime::now(), report)));
        if past.len() > Manager::REMEMBERED {
            past.pop_front();
        }
        result
    }

    /// Types that were registered, then types that are known, then words.
    fn judge(&self, error: Cause) -> Failure {
        let first: &(dyn Error + 'static) = &*error;
        let mut chain = std::iter::successors(Some(first), |link| (*link).source());
        let kind = if chain.any(|link| self.retry_on.iter().any(|is| is(link))) {
            Kind::Transient
        } else if let Some(class) = of_error_chain(first) {
            class.kind
        } else {
            self.patterns.classify(&error.to_string()).unwrap_or(Kind::Permanent)
        };
        Failure { error, kind }
    }

    /// What an operation went through, attempt by attempt. Of annotated functions, those of their calls that
    /// did not succeed at once.
    fn history(&self, name: &str) -> Vec<Entry> {
        let kept = self.kept();
        let own = kept.0.iter().filter(|(operation, _)| operation == name);
        let mut past: Vec<PastCall> = own.map(|(_, past)| past.clone()).collect();
        past.extend(history(name).unwrap_or_default());
        let entries = past.iter().flat_map(|past| {
            past.report.attempts.iter().map(|attempt| Entry {
                attempt: attempt.number,
                delay: attempt.delay.map(|delay| delay.length),
                error: attempt.error.as_deref().map(str::to_owned),
                success: attempt.kind.is_none(),
                timestamp: past.started_at(attempt),
            })
        });
        entries.collect()
    }

    /// All operations together.
    fn statistics(&self) -> Stats {
        let mut all = overview();
        all.add(&self.kept().1);
        all
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&self) {
        *self.kept() = Default::default();
        clear_all();
    }
}

/// The program's error handler.
struct ErrorHandler<'a>(&'a Manager);

impl ErrorHandler<'_> {
    /// Runs an operation; a failure is told in the user's words.
    fn handle<T>(&self, name: &str, f: impl FnMut() -> io::Result<T>) -> Result<T, String> {
        self.0.execute(name, f).map_err(|failure| match failure.kind {
            Kind::Permanent => format!("{name} is not possible: {failure}"),
            Kind::Ambiguous => {
                format!("{name} may have happened, look before you repeat it: {failure}")
            }
            _ => format!("{name} does not work right now, try again later: {failure}"),
        })
    }
}

fn main() -> Result<ExitCode, ConfigErrors> {
    let manager = Manager::new(SETTINGS)?.retry_on::<tour::LeaderLost>();
    let mut promises = Promises::default();
    tour::all(&manager, &mut promises);
    Ok(promises.summary())
}
