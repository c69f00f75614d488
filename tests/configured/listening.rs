//! Listeners may call back into the library: no lock is held while a listener runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use retry_runtime::breaker::Mode;
use retry_runtime::events::{self, Event};
use retry_runtime::retryable;
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};

use super::program::{apply, turn};

#[retryable(base = "0s", on = any, budget("disagreed", capacity = 4), name = "disagreed::one")]
fn one() -> Result<u32, String> {
    Ok(1)
}

#[retryable(base = "0s", on = any, budget("disagreed", capacity = 5), name = "disagreed::other")]
fn other() -> Result<u32, String> {
    Ok(2)
}

/// Runs `work` on another thread and fails after a time limit: a deadlock would block the test for ever.
#[track_caller]
fn in_time(work: impl FnOnce() + Send + 'static) {
    let (done, finished) = mpsc::channel();
    thread::spawn(move || {
        work();
        // The receiver is gone if it has timed out.
        let _ = done.send(());
    });
    finished.recv_timeout(Duration::from_secs(60)).expect("it ends");
}

#[test]
fn a_listener_of_a_breaker_whose_new_settings_close_it_may_read_the_settings() {
    let _turn = turn();
    let breaker = retry_runtime::breaker("carrier").unwrap();
    breaker.probe();
    let asked = Arc::new(AtomicU32::new(0));
    let answers = Arc::clone(&asked);
    let _observer = events::observe(move |event: &Event| {
        let Event::BreakerTransition(event) = event else { return };
        let known = retry_runtime::breaker("carrier").is_some();
        if event.breaker == "carrier" && known && retry_config::explain("shipping::track").is_ok() {
            answers.fetch_add(1, Ordering::Relaxed);
        }
    });
    for _ in 0..2 {
        breaker.permit().unwrap().success();
    }
    in_time(|| drop(apply("[breaker.carrier]\nprobes = 2").unwrap()));
    assert_eq!(breaker.mode(), Mode::Closed, "two answers of two are enough");
    assert!(asked.load(Ordering::Relaxed) > 0);
}

/// Reads every setting whenever it receives a warning.
struct Asking(Arc<AtomicU32>);

impl Subscriber for Asking {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        let capacity = retry_runtime::budget("disagreed").map(|budget| budget.capacity());
        let called = (one(), other());
        if capacity.is_some()
            && called == (Ok(1), Ok(2))
            && retry_config::explain("disagreed::one").is_ok()
        {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn a_subscriber_warned_of_conflicting_attributes_may_read_settings_and_make_calls() {
    let _turn = turn();
    let asked = Arc::new(AtomicU32::new(0));
    let asking = Asking(Arc::clone(&asked));
    in_time(move || {
        tracing::subscriber::with_default(asking, || {
            apply("[op.\"billing::charge\"]\nbudget = \"disagreed\"").unwrap();
        });
    });
    assert_eq!(asked.load(Ordering::Relaxed), 1, "one warning was received and handled");
}
