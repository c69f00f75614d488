//! Functions that tasks call: declared with `task`, listed by the linker.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use retry_runtime::Site;
use retry_runtime::resume::{Paid, Standing};

use crate::machine::Attempted;

/// A function that is declared with `task`.
#[derive(Debug)]
pub struct Function {
    name: &'static str,
    run: fn(Input) -> Running,
    states: &'static [Need],
    concurrency: Option<usize>,
}

/// A value that a function takes from the worker and not from its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    id: fn() -> TypeId,
    name: fn() -> &'static str,
}

/// One attempt on its way.
pub type Running = Pin<Box<dyn Future<Output = Attempted> + Send>>;

impl Need {
    /// A value of this type.
    pub const fn of<T: Any>() -> Self {
        Need { id: TypeId::of::<T>, name: std::any::type_name::<T> }
    }

    pub(crate) fn name(&self) -> &'static str {
        (self.name)()
    }
}

impl Function {
    #[doc(hidden)]
    pub const fn new(
        name: &'static str,
        run: fn(Input) -> Running,
        states: &'static [Need],
    ) -> Self {
        Function { name, run, states, concurrency: None }
    }

    #[doc(hidden)]
    #[must_use]
    pub const fn concurrency(self, limit: usize) -> Self {
        assert!(limit > 0, "`concurrency` must be at least 1");
        Function { concurrency: Some(limit), ..self }
    }

    /// The name, which is its site's.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// How many of its attempts one worker runs at a time; `None` when only the worker limits them.
    pub fn limit(&self) -> Option<usize> {
        self.concurrency
    }

    /// The annotated function itself.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        retry_runtime::site(self.name)
    }

    pub(crate) fn needs(&self) -> &'static [Need] {
        self.states
    }

    pub(crate) fn run(&self, input: Input) -> Running {
        (self.run)(input)
    }
}

/// An entry of the list of functions.
#[derive(Debug)]
pub struct Entry(pub &'static Function);

inventory::collect!(Entry);

/// Every function with `task` that is linked into the program, in no particular order.
pub fn functions() -> impl Iterator<Item = &'static Function> {
    inventory::iter::<Entry>.into_iter().map(|entry| entry.0)
}

/// What a worker has for the functions: one value of each type.
#[derive(Default)]
pub(crate) struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn put<T: Any + Send + Sync>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.0.contains_key(&(need.id)())
    }

    fn get<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        Arc::clone(self.0.get(&TypeId::of::<T>())?).downcast().ok()
    }
}

impl fmt::Debug for States {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("States").field("types", &self.0.len()).finish()
    }
}

/// What an attempt starts from; for generated code.
#[derive(Debug)]
pub struct Input {
    pub(crate) arguments: serde_json::Map<String, serde_json::Value>,
    pub(crate) states: Arc<States>,
    pub(crate) site: &'static Site,
    pub(crate) standing: Standing,
    pub(crate) paid: Paid,
}

impl Input {
    pub(crate) fn argument<T: serde::de::DeserializeOwned>(
        &mut self,
        name: &str,
    ) -> Result<T, String> {
        let value = self.arguments.remove(name).unwrap_or(serde_json::Value::Null);
        serde_json::from_value(value).map_err(|error| {
            format!("the stored argument `{name}` does not fit the function: {error}")
        })
    }

    pub(crate) fn state<T: Any + Send + Sync>(&self) -> Arc<T> {
        match self.states.get() {
            Some(value) => value,
            None => panic!("the worker was started without a `{}`", std::any::type_name::<T>()),
        }
    }
}
