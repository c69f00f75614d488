//! The worker's side of its store: runs single attempts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use retry_runtime::resume::Paid;
use tokio::sync::watch;

use super::current::CURRENT;
use crate::function::{Function, Input, States, functions};
use crate::machine::{finish::AttemptEnd, lease::Claimed};
use crate::store::{handle::AttemptHandle, host::End, host::Host, host::Hosted, host::Settings};

/// A worker of this process.
#[derive(Debug)]
pub(super) struct LocalHost {
    pub(super) settings: Settings,
    pub(super) functions: Vec<Hosted>,
    pub(super) states: Arc<States>,
    pub(super) ending: watch::Receiver<End>,
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
            catch_panic(CURRENT.scope(handle, async { (function.run)(input).await })).await
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

/// Runs the attempt and makes a failure of its panic.
async fn catch_panic(attempt: impl Future<Output = AttemptEnd>) -> AttemptEnd {
    let mut attempt = pin!(attempt);
    std::future::poll_fn(|cx| {
        // A function that has panicked is never polled again.
        match catch_unwind(AssertUnwindSafe(|| attempt.as_mut().poll(cx))) {
            Ok(polled) => polled,
            Err(panic) => {
                let error = format!("the function panicked: {}", message(&*panic));
                Poll::Ready(AttemptEnd::panicked(&error))
            }
        }
    })
    .await
}

fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
