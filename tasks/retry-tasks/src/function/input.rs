//! The input of one attempt: stored arguments, the worker's values, and the state of the call.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::Arc;

use retry_runtime::Site;
use retry_runtime::resume::{Paid, Standing};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::Need;

/// The values that a worker has for its functions: one of each type.
#[derive(Debug, Default)]
pub(crate) struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn put<T: Any + Send + Sync>(&mut self, value: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(value));
    }

    pub(crate) fn has(&self, need: &Need) -> bool {
        self.0.contains_key(&(need.id)())
    }
}

/// The input of one attempt, for generated code.
#[derive(Debug)]
pub struct Input {
    pub(crate) arguments: Map<String, Value>,
    pub(crate) states: Arc<States>,
    pub(crate) site: &'static Site,
    pub(crate) standing: Standing,
    pub(crate) paid: Paid,
}

impl Input {
    pub(crate) fn argument<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, String> {
        let value = self.arguments.remove(name).unwrap_or(Value::Null);
        serde_json::from_value(value).map_err(|error| {
            format!("the stored argument `{name}` does not fit the function: {error}")
        })
    }

    pub(crate) fn state<T: Any + Send + Sync>(&self) -> Arc<T> {
        let value = self.states.0.get(&TypeId::of::<T>()).cloned();
        match value.and_then(|value| value.downcast().ok()) {
            Some(value) => value,
            None => panic!("the worker was started without a `{}`", type_name::<T>()),
        }
    }
}
