//! The worker's side of its store: runs single attempts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use retry_runtime::resume::{Paid, Standing, judge, kept};
use retry_runtime::{Class, Kind, Site};
use tokio::sync::watch;

use super::handle::Listed;
use crate::function::{Function, Input, States, functions};
use crate::machine::{finish::AttemptEnd, lease::Claimed};
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

    fn run(
        &self,
        claimed: Claimed,
        handle: Arc<AttemptHandle>,
    ) -> Pin<Box<dyn Future<Output = AttemptEnd> + Send + '_>> {
        Box::pin(async move {
            let (function, input) = match self.input(claimed) {
                Ok(ready) => ready,
                Err(end) => return end,
            };
            let (site, standing) = (input.site, input.standing);
            let current = Current::new(handle, function.name(), Arc::clone(&self.crew));
            let attempt = CURRENT.scope(current, async { (function.run)(input).await });
            match catch_panic(attempt).await {
                Ok(AttemptEnd::Succeeded(result)) if result.len() > self.value_limit => {
                    let detail = too_long(result.len(), self.value_limit);
                    AttemptEnd::unreadable(&format!("the result cannot be stored: {detail}"))
                }
                Ok(end) => end,
                Err(error) if function.retries_panics() => after_panic(site, standing, &error),
                Err(error) => AttemptEnd::panicked(&error),
            }
        })
    }
}

impl LocalHost {
    /// The function and its input, or the end of an attempt that cannot be made.
    fn input(&self, claimed: Claimed) -> Result<(&'static Function, Input), AttemptEnd> {
        let Claimed { record, standing } = claimed;
        let hosted = self.functions.iter().find(|it| it.name == record.name);
        let function = functions().find(|it| it.name() == record.name);
        let (Some(hosted), Some(function)) = (hosted, function) else {
            let error = format!("this worker has no function `{}`", record.name);
            return Err(AttemptEnd::unreadable(&error));
        };
        // The bucket in the store has paid.
        let paid = Paid::default();
        let arguments = serde_json::from_str(&record.arguments).map_err(|error| {
            AttemptEnd::unreadable(&format!("the stored arguments are damaged: {error}"))
        })?;
        let states = Arc::clone(&self.states);
        let mut redacted = record.redacted;
        redacted.extend(function.redacted.iter().map(|name| (*name).to_owned()));
        Ok((function, Input { arguments, redacted, states, site: hosted.site, standing, paid }))
    }
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
