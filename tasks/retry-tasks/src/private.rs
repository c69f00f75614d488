//! All that generated code may name, and nothing that anybody else should.

use std::future::Future;
use std::sync::Arc;

use retry_runtime::resume::{Next, Step, resume, resume_blocking};
use retry_runtime::{Outcome as IsOutcome, StopReason};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::option::Option::Some;
pub use std::result::Result::{Err, Ok};

pub use inventory;
pub use retry_runtime::Outcome;

pub use crate::Task;
pub use crate::function::{Entry, Function, Input, Need, Running};
use crate::machine::Attempted;
use crate::task::Arguments;
use crate::{FailReason, worker};

/// Arguments under way into a task.
pub fn arguments() -> Arguments {
    Arguments::default()
}

/// A type that can be stored as an argument.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a task",
    label = "a task's arguments are stored: they need serde's `Serialize` and `Deserialize`",
    note = "derive both, or list the parameter in `task(state(…))` if its value comes from the worker"
)]
pub trait Storable: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Storable for T {}

/// A type that a worker can have for its functions.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the state of a worker",
    label = "all attempts share it: it must be `Send + Sync + 'static`"
)]
pub trait Shareable: Send + Sync + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static> Shareable for T {}

/// A type that can be stored as a result.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a task",
    label = "a task's result is stored: it needs serde's `Serialize`",
    note = "whoever asks for it needs `Deserialize`, too"
)]
pub trait Returnable: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Returnable for T {}

/// The argument of this name.
///
/// # Errors
///
/// Why it cannot be read as a value of the type.
pub fn read<T: Storable>(input: &mut Input, name: &str) -> Result<T, String> {
    input.argument(name)
}

/// The argument, in the form in which it is stored.
pub fn written<T: Storable>(value: &T) -> Result<Value, serde_json::Error> {
    serde_json::to_value(value)
}

/// The worker's value of this type.
///
/// # Panics
///
/// When there is none, which is found out when the worker starts.
pub fn state<T: Shareable>(input: &Input) -> Arc<T> {
    input.state()
}

/// The arguments do not fit the function.
pub fn unreadable(error: String) -> Running {
    let reason = FailReason::Unreadable;
    Box::pin(std::future::ready(Attempted::Failed { kind: None, error, reason }))
}

/// One attempt of an `async` function.
pub fn drive<R, F>(input: Input, future: F) -> Running
where
    R: IsOutcome<Value: Returnable>,
    F: Future<Output = R> + Send + 'static,
{
    let Input { site, standing, paid, .. } = input;
    Box::pin(async move {
        let (out, step) = resume(site, standing, paid, future).await;
        attempted(out, step)
    })
}

/// One attempt of a function that blocks, on a thread of its own.
pub fn drive_blocking<R, W>(input: Input, work: W) -> Running
where
    R: IsOutcome<Value: Returnable>,
    W: FnOnce() -> R + Send + 'static,
{
    let Input { site, standing, paid, .. } = input;
    let current = worker::current();
    let work = move || {
        let (out, step) = worker::inside(current, || resume_blocking(site, standing, paid, work));
        attempted(out, step)
    };
    Box::pin(async move {
        match tokio::task::spawn_blocking(work).await {
            Ok(attempted) => attempted,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is being shut down: nobody will write this down.
                Err(error) => Attempted::Failed {
                    kind: None,
                    error: error.to_string(),
                    reason: FailReason::Panicked,
                },
            },
        }
    })
}

/// What an attempt came to.
fn attempted<R: IsOutcome<Value: Serialize>>(out: R, step: Option<Step>) -> Attempted {
    let Some(Step { attempt, next }) = step else {
        return Attempted::Failed {
            kind: None,
            error: "the function made no attempt".to_owned(),
            reason: FailReason::Unreadable,
        };
    };
    let kind = attempt.as_ref().and_then(|attempt| attempt.kind);
    let error = attempt.and_then(|attempt| Some(attempt.error?.to_string()));
    match (next, out.into_result()) {
        (Next::Stop(StopReason::Success), Ok(value)) => match serde_json::to_string(&value) {
            Ok(result) => Attempted::Succeeded(result),
            Err(error) => Attempted::Failed {
                kind: None,
                error: format!("the result cannot be stored: {error}"),
                reason: FailReason::Unreadable,
            },
        },
        (Next::Again(delay), _) => Attempted::Again {
            kind: kind.unwrap_or(retry_runtime::Kind::Transient),
            error: error.unwrap_or_default(),
            delay,
        },
        (Next::Refused(wait), _) => Attempted::refused(wait),
        (Next::Stop(reason), _) => Attempted::Failed {
            kind,
            error: error.unwrap_or_else(|| format!("no attempt was made ({reason})")),
            reason: reason.into(),
        },
    }
}
