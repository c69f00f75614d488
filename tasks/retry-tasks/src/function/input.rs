//! The input of one attempt: stored arguments, the worker's values, and the state of the call.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

use retry_runtime::Site;
use retry_runtime::resume::{Paid, Standing};
use serde_json::{Map, Value};

/// The values that a worker has for its functions: one of each type.
pub(crate) type States = HashMap<TypeId, Arc<dyn Any + Send + Sync>>;

/// The input of one attempt, for generated code.
#[derive(Debug)]
pub struct Input {
    pub(crate) arguments: Map<String, Value>,
    pub(crate) states: Arc<States>,
    pub(crate) site: &'static Site,
    pub(crate) standing: Standing,
    pub(crate) paid: Paid,
}
