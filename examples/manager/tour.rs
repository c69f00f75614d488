//! A few operations that fail, and how the manager handles their failures.

use std::cell::Cell;
use std::io;
use std::time::{Duration, SystemTime};

use retry_examples::story::Checks;
use retry_runtime::retryable;

use super::{Entry, ErrorHandler, Manager};

/// An error type of the program; only the program knows that the error is temporary.
#[derive(Debug, thiserror::Error)]
#[error("the leader was lost, an election is running")]
pub(super) struct LeaderLost;

/// An annotated function; the manager's settings apply to it too.
#[retryable(name = "rates")]
pub(super) fn rates(busy: &Cell<u32>) -> io::Result<&'static str> {
    fails(busy, || io::Error::from(io::ErrorKind::ConnectionRefused))?;
    Ok("1.25")
}

/// Fails while the counter is above zero, and decrements it.
pub(super) fn fails<E>(times: &Cell<u32>, error: impl FnOnce() -> E) -> Result<(), E> {
    match times.get() {
        0 => Ok(()),
        left => {
            times.set(left - 1);
            Err(error())
        }
    }
}

pub(super) fn all(manager: &Manager, checks: &mut Checks) {
    let busy = Cell::new(2);
    let done = manager.execute("vote", || fails(&busy, || LeaderLost));
    checks.check("an error of a registered type is retried", done.is_ok());
    let delays: Vec<_> = manager.history("vote").iter().filter_map(|entry| entry.delay).collect();
    checks.check("the delays double", delays == [10, 20].map(Duration::from_millis));

    busy.set(1);
    let done = manager.execute("print", || fails(&busy, || "temporarily unavailable"));
    checks.check("an error with a transient message is retried", done.is_ok());

    let missing = manager.execute("load", || std::fs::read("no/such/file"));
    let once = missing.is_err() && manager.history("load").len() == 1;
    checks.check("reading a missing file is not retried", once);

    busy.set(1);
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
    let message = ErrorHandler(manager).handle("transfer", || fails(&busy, reset));
    println!("The error handler says: {}", message.unwrap_err());
    checks.check("an ambiguous failure is not retried", manager.history("transfer").len() == 1);
    busy.set(1);
    let done = manager.execute_idempotent("transfer", || fails(&busy, reset));
    checks.check("unless the caller declares that repeating is safe", done.is_ok());

    busy.set(3);
    checks.check("annotated functions have the same settings", rates(&busy).is_ok());
    checks
        .check("annotated functions are in the same history", manager.history("rates").len() == 4);

    println!("The history of all operations:");
    for name in ["vote", "print", "load", "transfer", "rates"] {
        for entry in manager.history(name) {
            println!("  {name:9} {}", line(&entry));
        }
    }
    let all = manager.statistics();
    println!("The statistics of all operations: {all:?}\n");
    let counted = (all.calls(), all.succeeded(), all.failed, all.attempts);
    checks.check(
        "six calls with 13 attempts were counted, and two of them failed",
        counted == (6, 4, 2, 13),
    );
    manager.clear();
    let is_empty = manager.history("rates").is_empty() && manager.statistics().calls() == 0;
    checks.check("clearing removes everything", is_empty);
}

fn line(entry: &Entry) -> String {
    let date = entry.timestamp.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let outcome = match &entry.error {
        _ if entry.success => "succeeded".to_owned(),
        error => error.clone().unwrap_or_default(),
    };
    let next = entry.delay.map(|delay| format!(", the next one after {delay:?}"));
    let (at, next) = (date.as_millis(), next.unwrap_or_default());
    format!("{at} ms, attempt {}: {outcome}{next}", entry.attempt)
}
