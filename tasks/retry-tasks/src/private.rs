//! The support of generated code. Nothing else may use this module.

use std::any::{TypeId, type_name};
use std::sync::Arc;

use retry_runtime::resume::{Next, Step, resume, resume_blocking};
use retry_runtime::{Kind, Outcome as IsOutcome, StopReason};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::option::Option::Some;
pub use std::result::Result::{Err, Ok};

pub use inventory;
pub use retry_runtime::__beside as beside;
pub use retry_runtime::Outcome;

pub use crate::function::{Entry, Function, Input, Need, Running};
use crate::machine::finish::AttemptEnd;
use crate::tasks::task::Arguments;
pub use crate::tasks::task::Task;
use crate::tasks::{current::busy, current::current, current::with_current};
use crate::value::exact;
pub use crate::value::misfit::Misfit;

/// Starts the list of a task's arguments.
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

/// A type whose value a worker can share among its functions.
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
    note = "callers that read the result need `Deserialize` as well"
)]
pub trait Returnable: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize> Returnable for T {}

/// How an argument is written and read. Generated code asks for it wherever it writes or reads one, with one span: rustc then
/// reports a type that cannot be stored once.
#[derive(Clone, Copy, Debug)]
pub struct Stored<T> {
    /// Reads an argument by its name, or by one that it had before.
    pub read: fn(&mut Input, &str, &[&str]) -> Result<T, Misfit>,
    /// Writes an argument as JSON.
    pub written: fn(&T) -> Result<Value, String>,
}

/// How an argument of this type is written and read.
pub fn stored<T: Storable>() -> Stored<T> {
    Stored { read: read::<T>, written: written::<T> }
}

/// Reads an argument that is stored under its name, or under one that it had before. An argument that is not there is read
/// as `null`: a new parameter can be an `Option`.
///
/// # Errors
///
/// The reason for which the stored argument is not a value of the type.
fn read<T: Storable>(input: &mut Input, name: &str, before: &[&str]) -> Result<T, Misfit> {
    let names = std::iter::once(&name).chain(before);
    let found = names.copied().find_map(|name| input.arguments.remove(name));
    let is_there = found.is_some();
    let is_redacted = input.redacted.iter().any(|it| it == name || before.contains(&it.as_str()));
    serde_json::from_value(found.unwrap_or(Value::Null)).map_err(|error| {
        if is_there {
            return Misfit::of::<T>(name, &error, is_redacted);
        }
        Misfit::Names(format!(
            "the stored arguments have no `{name}`; make a new parameter an `Option`, and name the old one in \
             `task(was({name} = \"…\"))` when the parameter had another name"
        ))
    })
}

/// Checks that the function has taken every stored argument.
///
/// # Errors
///
/// The names of the arguments that are left: dropping them might change the meaning of the call.
pub fn complete(input: &Input) -> Result<(), Misfit> {
    let mut left: Vec<String> = input.arguments.keys().map(|name| format!("`{name}`")).collect();
    if left.is_empty() {
        return Ok(());
    }
    left.sort_unstable();
    Err(Misfit::Names(format!(
        "the stored arguments have {}, which the function does not take; when a parameter has another name now, write \
         `task(was(new = \"old\"))`",
        left.join(", ")
    )))
}

/// Converts an argument to its stored form, from which it can be read again.
///
/// # Errors
///
/// The reason for which the value would not arrive as it is.
fn written<T: Storable>(value: &T) -> Result<Value, String> {
    exact::check(value).map_err(|changed| changed.to_string())?;
    let written = serde_json::to_value(value).map_err(|error| error.to_string())?;
    // The reader's message may have parts of the value.
    let read = T::deserialize(&written);
    read.map_err(|_| "the value cannot be read back from what it is written as".to_owned())?;
    Ok(written)
}

/// Returns the worker's value of this type.
///
/// # Panics
///
/// When there is none. The start of the worker has checked this.
pub fn state<T: Shareable>(input: &Input) -> Arc<T> {
    let value = input.states.get(&TypeId::of::<T>()).cloned();
    let value = value.and_then(|value| value.downcast().ok());
    value.unwrap_or_else(|| panic!("the worker was started without a `{}`", type_name::<T>()))
}

/// The attempt of a function whose stored arguments do not fit.
pub fn unreadable(misfit: Misfit) -> Running {
    Box::pin(std::future::ready(misfit.end()))
}

/// Makes one attempt of an `async` function.
pub fn drive<R, F>(input: Input, future: F) -> Running
where
    R: IsOutcome<Value: Returnable>,
    F: Future<Output = R> + Send + 'static,
{
    let Input { site, standing, paid, .. } = input;
    Box::pin(async move {
        let (out, step) = resume(site, standing, paid, future).await;
        attempt_end(out, step)
    })
}

/// Makes one attempt of a function that blocks, on a thread for blocking code.
pub fn drive_blocking<R, W>(input: Input, call: W) -> Running
where
    R: IsOutcome<Value: Returnable>,
    W: FnOnce() -> R + Send + 'static,
{
    let Input { site, standing, paid, .. } = input;
    let current = current();
    let busy = current.as_ref().map(busy);
    let attempt = move || {
        let _busy = busy;
        let (out, step) = with_current(current, || resume_blocking(site, standing, paid, call));
        attempt_end(out, step)
    };
    Box::pin(async move {
        let mut thread = Unstarted(tokio::task::spawn_blocking(attempt));
        match (&mut thread.0).await {
            Ok(end) => end,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down, so nobody will store this.
                Err(error) => AttemptEnd::panicked(&error.to_string()),
            },
        }
    })
}

/// A body on a thread for blocking code. Dropping it prevents a start that has not happened yet.
struct Unstarted<T>(tokio::task::JoinHandle<T>);

impl<T> Drop for Unstarted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The end of an attempt, from its outcome and the engine's decision.
fn attempt_end<R: IsOutcome<Value: Serialize>>(out: R, step: Option<Step>) -> AttemptEnd {
    let Some(Step { attempt, next }) = step else {
        return AttemptEnd::unreadable("the function made no attempt");
    };
    let kind = attempt.as_ref().and_then(|attempt| attempt.kind);
    let error = attempt.and_then(|attempt| Some(attempt.error?.to_string()));
    match (next, out.into_result()) {
        (Next::Stop(StopReason::Success), Ok(value)) => match result(&value) {
            Ok(result) => AttemptEnd::Succeeded(result),
            Err(error) => AttemptEnd::unreadable(&format!("the result cannot be stored: {error}")),
        },
        (Next::Again(delay), _) => AttemptEnd::Retry {
            kind: kind.unwrap_or(Kind::Transient),
            error: error.unwrap_or_default(),
            delay,
        },
        (Next::Refused(wait), _) => AttemptEnd::held_back(wait),
        (Next::Stop(reason), _) => AttemptEnd::Failed {
            kind,
            error: error.unwrap_or_else(|| format!("no attempt was made ({reason})")),
            reason: reason.into(),
        },
    }
}

/// The text of a result, from which it can be read again.
fn result(value: &impl Serialize) -> Result<String, String> {
    exact::check(value).map_err(|changed| changed.to_string())?;
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    serde_json::from_str::<IgnoredAny>(&text).map_err(|error| error.to_string())?;
    Ok(text)
}
