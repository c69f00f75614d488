//! A few operations, and what the manager makes of their failures.

use std::cell::Cell;
use std::io;
use std::time::{Duration, SystemTime};

use retry_examples::story::Promises;
use retry_runtime::retryable;

use super::{Entry, ErrorHandler, Manager};

/// An error of the program's own, of which only the program knows that it passes.
#[derive(Debug, thiserror::Error)]
#[error("the leader was lost, there is an election")]
pub(super) struct LeaderLost;

/// A function that is annotated; the manager's settings hold for it, too.
#[retryable(name = "rates")]
pub(super) fn rates(busy: &Cell<u32>) -> io::Result<&'static str> {
    fails(busy, || io::Error::from(io::ErrorKind::ConnectionRefused))?;
    Ok("1.25")
}

/// Fails so many times.
pub(super) fn fails<E>(times: &Cell<u32>, error: impl FnOnce() -> E) -> Result<(), E> {
    match times.get() {
        0 => Ok(()),
        left => {
            times.set(left - 1);
            Err(error())
        }
    }
}

pub(super) fn all(manager: &Manager, promises: &mut Promises) {
    let busy = Cell::new(2);
    let done = manager.execute("vote", || fails(&busy, || LeaderLost));
    promises.keep("an error of a registered type is retried", done.is_ok());
    let delays: Vec<_> = manager.history("vote").iter().filter_map(|entry| entry.delay).collect();
    promises.keep("after delays that double", delays == [10, 20].map(Duration::from_millis));

    busy.set(1);
    let done = manager.execute("print", || fails(&busy, || "temporarily unavailable"));
    promises.keep("so is one that says so in words", done.is_ok());

    let missing = manager.execute("load", || std::fs::read("no/such/file"));
    let once = missing.is_err() && manager.history("load").len() == 1;
    promises.keep("a file that does not exist is not looked for again", once);

    busy.set(1);
    let reset = || io::Error::from(io::ErrorKind::ConnectionReset);
    let said = ErrorHandler(manager).handle("transfer", || fails(&busy, reset));
    println!("The error handler says: {}", said.unwrap_err());
    promises.keep("what may have happened is not repeated", manager.history("transfer").len() == 1);
    busy.set(1);
    let done = manager.execute_again("transfer", || fails(&busy, reset));
    promises.keep("unless the caller says that this is harmless", done.is_ok());

    busy.set(3);
    promises.keep("annotated functions have the same settings", rates(&busy).is_ok());
    promises.keep("and the same history", manager.history("rates").len() == 4);

    println!("The history of all:");
    for name in ["vote", "print", "load", "transfer", "rates"] {
        for entry in manager.history(name) {
            println!("  {name:9} {}", line(&entry));
        }
    }
    let all = manager.statistics();
    println!("The statistics of all: {all:?}\n");
    let counted = (all.calls(), all.succeeded(), all.failed, all.attempts);
    promises.keep("six calls with 13 attempts were counted, two failed", counted == (6, 4, 2, 13));
    manager.clear();
    let forgotten = manager.history("rates").is_empty() && manager.statistics().calls() == 0;
    promises.keep("cleared, everything is forgotten", forgotten);
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
