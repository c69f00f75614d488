//! A retry manager, one object through which a program retries everything: `cargo run --example manager`.
//!
//! It shows that
//!
//! - such a manager needs little code of its own: which errors are transient, and a history of calls that have no
//!   annotated function. `Policy::call` contains the loop, and `observe_blocking` reports what it did.
//! - annotated functions and `execute` can share settings, as `[defaults]` and as a `Policy`.
//! - an error handler needs no loop: it delegates to the manager and reports the outcome.
//!
//! The requirements treat every I/O error as transient. Here a missing file and a denied permission are permanent,
//! since the next attempt would fail in the same way. After a timeout or a reset connection, the operation may have
//! taken effect: only `execute_idempotent`, with which the caller declares that repeating is safe, retries then. There
//! is no jitter, because the required schedule is exact: at once, then after 1 s, 2 s and 4 s. Keep the jitter where
//! many clients share a server.

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
use retry_examples::story::Checks;
use retry_runtime::classify::{Patterns, of_error_chain};
use retry_runtime::{Classify, Jitter, Kind, PastCall, Policy, Stats};
use retry_runtime::{clear_all, history, observe_blocking, overview};

/// Settings with short delays for this demonstration; the real ones are 1000 and 30000.
const SETTINGS: &str = r#"{ "retry": {
    "max_retries": 3, "backoff_multiplier": 2, "initial_delay_ms": 10, "max_delay_ms": 300
} }"#;

type Cause = Box<dyn Error + Send + Sync>;

/// Any error, with its kind.
#[derive(Debug, thiserror::Error, Classify)]
#[error("{error}")]
#[classify(kind = kind)]
struct Failure {
    error: Cause,
    kind: Kind,
}

/// An attempt in the history.
#[derive(Clone, Debug)]
struct Entry {
    attempt: u32,
    /// The pause before the next attempt.
    delay: Option<Duration>,
    error: Option<String>,
    success: bool,
    timestamp: SystemTime,
}

struct Manager {
    policy: Policy,
    patterns: Patterns,
    retry_on: Vec<fn(&(dyn Error + 'static)) -> bool>,
    record: Mutex<Record>,
}

/// The record of calls without an annotated function: the most recent ones, and statistics of all.
type Record = (VecDeque<(String, PastCall)>, Stats);

impl Manager {
    const REMEMBERED: usize = 1000;

    /// Reads the program's settings; they also apply to annotated functions that do not set these values.
    fn new(settings: &str) -> Result<Self, ConfigErrors> {
        let mut config = Config::from_json(settings)?;
        config.defaults.jitter = Some(Jitter::None);
        let policy = config.defaults.policy()?;
        retry_config::apply(config)?;
        let patterns = Patterns::builtin().with("temporarily unavailable", Kind::Transient);
        let (retry_on, record) = (Vec::new(), Mutex::default());
        Ok(Manager { policy, patterns, retry_on, record })
    }

    /// Makes errors of this type transient, anywhere in a chain of causes.
    fn retry_on<E: Error + 'static>(mut self) -> Self {
        self.retry_on.push(|error| error.is::<E>());
        self
    }

    /// Runs an operation without an annotated function.
    fn execute<T, E: Into<Cause>>(
        &self,
        name: &str,
        f: impl FnMut() -> Result<T, E>,
    ) -> Result<T, Failure> {
        self.run(self.policy, name, f)
    }

    /// Like [`execute`](Self::execute), for an operation that is safe to repeat.
    fn execute_idempotent<T, E: Into<Cause>>(
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
            observe_blocking(|| policy.call(|_| f().map_err(|error| self.classify(error.into()))));
        let mut record = self.record();
        let (past, stats) = &mut *record;
        stats.record(&report);
        past.push_back((name.to_owned(), PastCall::new(SystemTime::now(), report)));
        if past.len() > Manager::REMEMBERED {
            past.pop_front();
        }
        result
    }

    /// Classifies an error by registered types, then by known types, then by its message.
    fn classify(&self, error: Cause) -> Failure {
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

    /// The attempts of an operation. For annotated functions, only calls that did not succeed at the first try.
    fn history(&self, name: &str) -> Vec<Entry> {
        let record = self.record();
        let own = record.0.iter().filter(|(operation, _)| operation == name);
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

    /// The statistics of all operations together.
    fn statistics(&self) -> Stats {
        let mut all = overview();
        all.add(&self.record().1);
        all
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn clear(&self) {
        *self.record() = Default::default();
        clear_all();
    }
}

/// The program's error handler.
struct ErrorHandler<'a>(&'a Manager);

impl ErrorHandler<'_> {
    /// Runs an operation and turns a failure into a message for the user.
    fn handle<T>(&self, name: &str, f: impl FnMut() -> io::Result<T>) -> Result<T, String> {
        self.0.execute(name, f).map_err(|failure| match failure.kind {
            Kind::Permanent => format!("{name} failed: {failure}"),
            Kind::Ambiguous => {
                format!("{name} may have taken effect, check before you repeat it: {failure}")
            }
            _ => format!("{name} failed temporarily, try again later: {failure}"),
        })
    }
}

fn main() -> Result<ExitCode, ConfigErrors> {
    let manager = Manager::new(SETTINGS)?.retry_on::<tour::LeaderLost>();
    let mut checks = Checks::default();
    tour::all(&manager, &mut checks);
    Ok(checks.summary())
}
