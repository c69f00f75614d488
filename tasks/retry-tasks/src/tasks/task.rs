//! Calls to be submitted: the arguments and settings of a task.

use std::fmt;
use std::marker::PhantomData;
use std::time::Duration;

use retry_runtime::resume::limit;
use serde_json::{Map, Value};

use super::error::TaskError;
use crate::function::Function;
use crate::record::{NewTask, id::TaskId};
use crate::value::canonical;

/// A call to be made in the background: a function and its arguments.
///
/// Each function with `task` has a constructor of tasks: `send_invoice::task(order)`. `Out` is the type of the
/// function's result. A task does nothing until it is [submitted](crate::Tasks::submit).
///
/// ```
/// # use retry_runtime::retryable;
/// use retry_tasks::Tasks;
///
/// #[retryable(on = any, task)]
/// async fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tasks = Tasks::memory();
/// let task = square::task(12).priority(5).delay(std::time::Duration::from_secs(60));
/// let id = tasks.submit(task).await?;
/// println!("{}", tasks.info(id, retry_tasks::Format::Standard).await?.state);
/// # Ok(())
/// # }
/// ```
#[must_use = "a task does nothing until it is submitted"]
pub struct Task<Out> {
    function: &'static Function,
    arguments: Arguments,
    redacted: &'static [&'static str],
    priority: i32,
    delay: Duration,
    deadline: Option<Duration>,
    valid_for: Option<Duration>,
    id: Option<TaskId>,
    out: PhantomData<fn() -> Out>,
}

/// The argument of [`Tasks::submit`](crate::Tasks::submit): a [`Task`].
///
/// ```
/// use retry_tasks::{IntoTask, TaskError, TaskId, Tasks};
///
/// async fn submitted<Out>(tasks: &Tasks, task: impl IntoTask<Out>) -> Result<TaskId, TaskError> {
///     let id = tasks.submit(task).await?;
///     println!("submitted {id}");
///     Ok(id)
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "only a task can be submitted, and this is `{Self}`",
    label = "not a task",
    note = "write `send::task(7)` in place of `send(7)`: the type `send` beside the function makes tasks of it",
    note = "the function needs `#[retryable(task)]`"
)]
pub trait IntoTask<Out> {
    /// Returns the task.
    fn into_task(self) -> Task<Out>;
}

impl<Out> IntoTask<Out> for Task<Out> {
    fn into_task(self) -> Task<Out> {
        self
    }
}

/// The argument of [`Tasks::submit_unique`](crate::Tasks::submit_unique) after the key: a [`Task`].
///
/// ```
/// use retry_tasks::{TaskError, Tasks, WithKey};
///
/// async fn is_new<Out>(tasks: &Tasks, key: &str, task: impl WithKey<String, Out>) -> Result<bool, TaskError> {
///     Ok(!tasks.submit_unique(key.to_owned(), task).await?.existing)
/// }
/// ```
// The bound on the key stands here: if the task is missing or stands before the key, rustc reports one mistake.
#[diagnostic::on_unimplemented(
    message = "`submit_unique` takes a key and then a task, and this is `{Self}`",
    label = "not a task",
    note = "write `submit_unique(\"order-7\", send::task(7))`, or `submit_unique(task.key(), task)` for the key of its arguments"
)]
pub trait WithKey<K, Out> {
    /// Returns the key and the task.
    fn with_key(self, key: K) -> (String, Task<Out>);
}

impl<K: Into<String>, Out> WithKey<K, Out> for Task<Out> {
    fn with_key(self, key: K) -> (String, Task<Out>) {
        (key.into(), self)
    }
}

/// The arguments of a task by name.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    values: Map<String, Value>,
    error: Option<String>,
}

impl Arguments {
    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &str, value: Result<Value, String>) -> Self {
        match value {
            Ok(value) => drop(self.values.insert(name.to_owned(), value)),
            Err(error) => {
                self.error.get_or_insert_with(|| format!("`{name}`: {error}"));
            }
        }
        self
    }
}

impl<Out> Task<Out> {
    #[doc(hidden)]
    pub fn new(
        function: &'static Function,
        arguments: Arguments,
        redacted: &'static [&'static str],
    ) -> Self {
        Task {
            function,
            arguments,
            redacted,
            priority: 0,
            delay: Duration::ZERO,
            deadline: None,
            valid_for: None,
            id: None,
            out: PhantomData,
        }
    }

    /// Sets the priority, 0 by default. Due tasks with a greater priority start first.
    pub fn priority(self, priority: i32) -> Self {
        Task { priority, ..self }
    }

    /// Delays the first attempt by this much, counted from the submission.
    pub fn delay(self, delay: Duration) -> Self {
        Task { delay, ..self }
    }

    /// Makes the task fail when it has not succeeded this long after its submission. The `deadline` of the function's
    /// policy, which counts from the start of the first attempt, applies as well.
    pub fn deadline(self, limit: Duration) -> Self {
        Task { deadline: Some(limit), ..self }
    }

    /// Limits how long the result answers for later tasks with the same key
    /// ([`submit_unique`](crate::Tasks::submit_unique)); by default, as long as it is stored.
    pub fn valid_for(self, time: Duration) -> Self {
        Task { valid_for: Some(time), ..self }
    }

    /// Gives the task this identifier, so that a program can repeat a submission whose outcome it does not know: a stored
    /// task with the identifier answers, and no second one is stored. Make a new one for each task, with
    /// [`TaskId::unique`], at most an hour before the submission: lists and analytics by time look for the task by the time
    /// in its identifier.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// # use retry_tasks::{TaskId, Tasks};
    /// # #[retryable(on = any, task)]
    /// # fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), retry_tasks::TaskError> {
    /// let tasks = Tasks::memory();
    /// let id = TaskId::unique();
    /// tasks.submit(square::task(12).id(id)).await?;
    /// tasks.submit(square::task(12).id(id)).await?; // as after a lost reply
    /// assert_eq!(tasks.counts().await?.total(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn id(self, id: TaskId) -> Self {
        Task { id: Some(id), ..self }
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.function.name()
    }

    /// The arguments as a text, for use as the key of [`submit_unique`](crate::Tasks::submit_unique). Equal arguments
    /// have equal texts, in every build of the program; a redacted argument is in the text as a hash (SHA-256).
    ///
    /// A `HashSet` or a `HashMap` with keys that are no texts has no order of its own, so that two equal ones may have
    /// different texts: pass a `BTreeSet`, a `BTreeMap` or a sorted `Vec`.
    ///
    /// ```
    /// # use retry_runtime::retryable;
    /// #[retryable(on = any, task)]
    /// fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
    ///
    /// assert_eq!(square::task(12).key(), square::task(12).key());
    /// assert_ne!(square::task(12).key(), square::task(13).key());
    /// ```
    pub fn key(&self) -> String {
        canonical::arguments(&self.arguments.values, self.redacted)
    }

    /// The task as a store takes it, for stores outside of this crate. `key` is the unique key, if it has one.
    ///
    /// # Errors
    ///
    /// [`TaskError::Arguments`]: the arguments cannot be written as JSON.
    pub fn into_new(self, key: Option<String>) -> Result<NewTask, TaskError> {
        let name = self.function.name().to_owned();
        if let Some(detail) = self.arguments.error {
            return Err(TaskError::Arguments { name, detail });
        }
        Ok(NewTask {
            id: self.id,
            name,
            arguments: Value::Object(self.arguments.values).to_string(),
            redacted: self.redacted.iter().map(|name| (*name).to_owned()).collect(),
            priority: self.priority,
            delay: self.delay,
            deadline: self.deadline,
            key,
            valid_for: self.valid_for,
            limit: self.function.site().map_or(Some(1), limit),
        })
    }
}

impl<Out> fmt::Debug for Task<Out> {
    /// Writes the name without the arguments, some of which must not be shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.name()).finish_non_exhaustive()
    }
}
