//! What a worker offers to the store that it serves: functions to run, and places to run them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use retry_runtime::Site;
use retry_runtime::resume::{Paid, pay};
use tokio::sync::watch;

use super::current::{self, Live};
use super::{End, Timing};
use crate::FailReason;
use crate::function::{Function, Input, States};
use crate::machine::Attempted;
use crate::record::Claimed;
use crate::store::Retention;

/// A function, as one worker runs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hosted {
    pub(crate) function: &'static Function,
    pub(crate) site: &'static Site,
    pub(crate) limit: Option<usize>,
}

/// A worker, as its store sees it.
#[derive(Debug)]
pub struct Host {
    name: Arc<str>,
    hosted: Vec<Hosted>,
    states: Arc<States>,
    in_flight: usize,
    timing: Timing,
    retention: Retention,
    ending: watch::Receiver<End>,
}

impl Host {
    pub(super) fn new(
        name: String,
        hosted: Vec<Hosted>,
        states: States,
        in_flight: usize,
        timing: Timing,
        retention: Retention,
        ending: watch::Receiver<End>,
    ) -> Self {
        let (name, states) = (name.into(), Arc::new(states));
        Host { name, hosted, states, in_flight, timing, retention, ending }
    }

    /// The worker's name, for the history.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The functions that it runs.
    pub fn functions(&self) -> impl Iterator<Item = &'static Function> {
        self.hosted.iter().map(|hosted| hosted.function)
    }

    /// How many attempts it runs at a time.
    pub fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How long ended tasks are kept.
    pub fn retention(&self) -> Retention {
        self.retention
    }

    pub(crate) fn hosted(&self) -> &[Hosted] {
        &self.hosted
    }

    pub(crate) fn timing(&self) -> Timing {
        self.timing
    }

    pub(crate) fn ending(&self) -> watch::Receiver<End> {
        self.ending.clone()
    }

    /// Runs one attempt of a task. The store writes down what it came to.
    ///
    /// # Cancel safety
    ///
    /// Dropped, the attempt is broken off; it may have taken effect.
    pub async fn run(&self, claimed: Claimed) -> Attempted {
        let live = Arc::new(Live::new(claimed.record.id, claimed.record.progress.clone()));
        self.run_as(claimed, live).await
    }

    pub(crate) async fn run_as(&self, claimed: Claimed, live: Arc<Live>) -> Attempted {
        let Claimed { record, standing, .. } = claimed;
        let Some(hosted) = self.hosted.iter().find(|it| it.function.name() == record.name) else {
            return unreadable(format!("this worker has no function `{}`", record.name));
        };
        let is_paid = standing.attempts > 0 || record.paced;
        let paid = if is_paid { pay(hosted.site, record.last_kind) } else { Ok(Paid::default()) };
        let paid = match paid {
            Ok(paid) => paid,
            // An empty budget ends a call that somebody waits for. A task can wait.
            Err(wait) => return Attempted::refused(wait),
        };
        let arguments = match serde_json::from_str(&record.arguments) {
            Ok(arguments) => arguments,
            Err(error) => return unreadable(format!("the stored arguments are damaged: {error}")),
        };
        let states = Arc::clone(&self.states);
        let input = Input { arguments, states, site: hosted.site, standing, paid };
        let attempt = async { hosted.function.run(input).await };
        caught(current::within(live, attempt)).await
    }
}

fn unreadable(error: String) -> Attempted {
    Attempted::Failed { kind: None, error, reason: FailReason::Unreadable }
}

/// The attempt, with a panic as its failure.
async fn caught(attempt: impl Future<Output = Attempted>) -> Attempted {
    let mut attempt = pin!(attempt);
    std::future::poll_fn(|cx| {
        // A body that has panicked is never polled again.
        match catch_unwind(AssertUnwindSafe(|| attempt.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => Poll::Ready(Attempted::Failed {
                kind: None,
                error: format!("the function panicked: {}", message(&*panic)),
                reason: FailReason::Panicked,
            }),
        }
    })
    .await
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
