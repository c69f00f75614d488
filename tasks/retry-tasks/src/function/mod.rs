//! Functions declared with `task`; the linker collects them in one list.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;

use retry_runtime::Site;
use retry_runtime::resume::{Paid, Standing};
use serde_json::{Map, Value};

use crate::machine::finish::AttemptEnd;

/// A function that is declared with `task`.
///
/// ```
/// # use retry_runtime::retryable;
/// #[retryable(on = any, task(concurrency = 4), name = "docs::function")]
/// fn square(n: u32) -> Result<u32, String> { Ok(n * n) }
///
/// let square = retry_tasks::functions().find(|function| function.name() == "docs::function");
/// assert_eq!(square.and_then(|function| function.limit()), Some(4));
/// ```
#[derive(Debug)]
pub struct Function {
    name: &'static str,
    pub(crate) run: fn(Input) -> Running,
    pub(crate) needs: &'static [Need],
    pub(crate) redacted: &'static [&'static str],
    concurrency: Option<usize>,
    on_any: bool,
}

/// The type of a parameter whose value comes from the worker and not from the arguments.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    pub(crate) id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
}

/// The values that a worker has for its functions: one of each type.
pub(crate) type States = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// The input of one attempt, for generated code.
#[derive(Debug)]
pub struct Input {
    pub(crate) arguments: Map<String, Value>,
    /// The names of the arguments that must not be shown.
    pub(crate) redacted: Vec<String>,
    pub(crate) states: Arc<States>,
    pub(crate) site: &'static Site,
    pub(crate) standing: Standing,
    pub(crate) paid: Paid,
}

/// A running attempt.
pub type Running = Pin<Box<dyn Future<Output = AttemptEnd> + Send>>;

impl Need {
    /// The need for a value of type `T`.
    pub const fn of<T: Any>() -> Self {
        Need { id: TypeId::of::<T>, name: std::any::type_name::<T> }
    }
}

impl Function {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        run: fn(Input) -> Running,
        needs: &'static [Need],
    ) -> Self {
        Function { name, run, needs, redacted: &[], concurrency: None, on_any: false }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn redacted(self, names: &'static [&'static str]) -> Self {
        Function { redacted: names, ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn concurrency(self, limit: usize) -> Self {
        assert!(limit > 0, "`concurrency` must be at least 1");
        Function { concurrency: Some(limit), ..self }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn on_any(self) -> Self {
        Function { on_any: true, ..self }
    }

    /// Whether a panic of the body is a failure like any other: `on = any` retries every failure.
    pub(crate) fn retries_panics(&self) -> bool {
        self.on_any
    }

    /// The function's name, which is also the name of its site.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The number of its attempts that one worker may run at a time; `None` when only the worker's slots limit them.
    pub fn limit(&self) -> Option<usize> {
        self.concurrency
    }

    /// The annotated function.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        retry_runtime::site(self.name)
    }
}

/// An entry in the list of functions.
#[derive(Debug)]
pub struct Entry(pub &'static Function);

inventory::collect!(Entry);

/// All functions with `task` that are linked into the program, in no particular order.
///
/// ```
/// for function in retry_tasks::functions() {
///     println!("{}", function.name());
/// }
/// ```
pub fn functions() -> impl Iterator<Item = &'static Function> {
    inventory::iter::<Entry>.into_iter().map(|entry| entry.0)
}
