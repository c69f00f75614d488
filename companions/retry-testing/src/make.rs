//! Makes the errors that a test injects.

use std::any::{Any, TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use retry_runtime::control::intercept::{Act, Can};

/// Makes errors of one type.
#[derive(Clone)]
pub(crate) struct Maker {
    make: Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>,
    error: TypeId,
    pub(crate) name: &'static str,
}

impl Maker {
    pub(crate) fn new<E: 'static>(make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Maker {
            make: Arc::new(move || Box::new(make())),
            error: TypeId::of::<E>(),
            name: type_name::<E>(),
        }
    }

    /// Whether this is the error type of the function.
    pub(crate) fn fits(&self, can: &Can) -> bool {
        can.error == Some(self.error)
    }

    pub(crate) fn act(&self) -> Act {
        Act::Fail(Arc::clone(&self.make))
    }
}

impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Maker").field(&self.name).finish()
    }
}
