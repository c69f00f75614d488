//! The worker's side of its store: runs single attempts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use retry_runtime::resume::{Paid, Standing, judge, kept};
use retry_runtime::{Class, Kind, Site};
use tokio::sync::watch;

use super::handle::Listed;
use crate::function::{Function, Input, States, functions};
use crate::machine::{finish::AttemptEnd, lease::Claimed};
use crate::store::attempt::{Attempt, Ending};
use crate::store::{handle::AttemptHandle, host::End, host::Host, host::Hosted, host::Settings};
use crate::tasks::crew::Crew;
use crate::tasks::current::{CURRENT, Current};
use crate::value::size::too_long;

/// A worker of this process.
#[derive(Debug)]
pub(super) struct LocalHost {
    pub(super) settings: Settings,
    pub(super) functions: Vec<Hosted>,
    pub(super) states: Arc<States>,
    pub(super) ending: watch::Receiver<End>,
    pub(super) crew: Arc<Crew>,
    /// The longest result in bytes.
    pub(super) value_limit: usize,
    /// Its place in the list of workers.
    pub(super) listed: Listed,
}

impl Host for LocalHost {
    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn functions(&self) -> &[Hosted] {
        &self.functions
    }

    fn ending(&self) -> watch::Receiver<End> {
        self.ending.clone()
    }

    fn pausing(&self) -> watch::Receiver<bool> {
        self.listed.0.pausing()
    }

    fn begin(&self, task: Claimed) -> Attempt {
        let handle = Arc::new(AttemptHandle::new(&task.record));
        let end: Ending = match self.function(&task.record.name) {
            Ok((function, site)) => {
                let current =
                    Current::new(Arc::clone(&handle), function.name(), Arc::clone(&self.crew));
                let (states, limit) = (Arc::clone(&self.states), self.value_limit);
                let snoozed = Arc::clone(&handle);
                Box::pin(async move {
                    let end =
                        CURRENT.scope(current, run(task, function, site, states, limit)).await;
                    snoozed.snoozed().map_or(end, AttemptEnd::Snoozed)
                })
            }
            Err(end) => Box::pin(std::future::ready(end)),
        };
        Attempt::new(handle, end)
    }
}

/// Runs one attempt of a function.
async fn run(
    task: Claimed,
    function: &'static Function,
    site: &'static Site,
    states: Arc<States>,
    value_limit: usize,
) -> AttemptEnd {
    let input = match input(task, function, site, states) {
        Ok(input) => input,
        Err(end) => return end,
    };
    let standing = input.standing;
    match catch_panic(async { (function.run)(input).await }).await {
        Ok(AttemptEnd::Succeeded(result)) if result.len() > value_limit => {
            let detail = too_long(result.len(), value_limit);
            AttemptEnd::unreadable(&format!("the result cannot be stored: {detail}"))
        }
        Ok(end) => end,
        Err(error) if function.retries_panics() => after_panic(site, standing, &error),
        Err(error) => AttemptEnd::panicked(&error),
    }
}

impl LocalHost {
    /// The function with this name, or the end of an attempt of one that this worker does not have.
    fn function(&self, name: &str) -> Result<(&'static Function, &'static Site), AttemptEnd> {
        let hosted = self.functions.iter().find(|it| it.name == name);
        let function = functions().find(|it| it.name() == name);
        hosted
            .zip(function)
            .map(|(hosted, function)| (function, hosted.site))
            .ok_or_else(|| AttemptEnd::unreadable(&format!("this worker has no function `{name}`")))
    }
}

/// The input of an attempt, or the end of one that cannot be made.
fn input(
    task: Claimed,
    function: &Function,
    site: &'static Site,
    states: Arc<States>,
) -> Result<Input, AttemptEnd> {
    let Claimed { record, standing } = task;
    // The bucket in the store has paid.
    let paid = Paid::default();
    let arguments = serde_json::from_str(&record.arguments).map_err(|error| {
        AttemptEnd::unreadable(&format!("the stored arguments are damaged: {error}"))
    })?;
    let mut redacted = record.redacted;
    redacted.extend(function.redacted.iter().map(|name| (*name).to_owned()));
    Ok(Input { arguments, redacted, states, site, standing, paid })
}

/// The end of an attempt that has panicked, of a function that retries every failure: the engine decides as after an error.
fn after_panic(site: &'static Site, mut standing: Standing, error: &str) -> AttemptEnd {
    standing.attempts = standing.attempts.saturating_add(1);
    let next = judge(site, &standing, Class::new(Kind::Transient));
    AttemptEnd::Panicked(kept(error).to_string(), next)
}

/// Runs the attempt. Fails with the text of its panic.
async fn catch_panic(attempt: impl Future<Output = AttemptEnd>) -> Result<AttemptEnd, String> {
    let mut attempt = pin!(attempt);
    std::future::poll_fn(|cx| {
        // A function that has panicked is never polled again.
        match catch_unwind(AssertUnwindSafe(|| attempt.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(format!("the function panicked: {}", message(&*panic)))),
        }
    })
    .await
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
