//! What happens to one attempt in the place of its body.

#[cfg(feature = "testing")]
use std::any::{Any, TypeId, type_name};
#[cfg(feature = "testing")]
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::failure::interruption::Interruption;

/// What is injected into an attempt.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What the attempt takes before anything else.
    pub(crate) latency: Option<Duration>,
    pub(crate) act: Act,
    /// Whether the body runs first, and its outcome is lost.
    pub(crate) after_body: bool,
    /// For the log.
    #[cfg_attr(not(any(feature = "tracing", feature = "testing")), allow(dead_code))]
    pub(crate) words: Arc<str>,
}

/// What happens in the place of the body, or of its outcome.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// The body's own outcome.
    Body,
    /// A failure made to order.
    #[cfg(feature = "testing")]
    Fail(Arc<Maker>),
    /// A failure of the engine's kind.
    Interrupt(Interruption),
    /// Nothing, until a limit ends the attempt.
    Hang,
    Panic,
}

/// Makes errors of one type.
#[cfg(feature = "testing")]
pub(crate) struct Maker {
    make: Box<dyn Fn() -> Box<dyn Any> + Send + Sync>,
    pub(crate) error: TypeId,
    pub(crate) name: &'static str,
}

#[cfg(feature = "testing")]
impl Maker {
    pub(crate) fn new<E: 'static>(make: impl Fn() -> E + Send + Sync + 'static) -> Self {
        Maker {
            make: Box::new(move || Box::new(make())),
            error: TypeId::of::<E>(),
            name: type_name::<E>(),
        }
    }

    pub(crate) fn make(&self) -> Box<dyn Any> {
        (self.make)()
    }
}

#[cfg(feature = "testing")]
impl fmt::Debug for Maker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Maker").field(&self.name).finish()
    }
}

/// What can be put in the place of a function's outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Able {
    /// The error's type, if it can be made to order.
    #[cfg(feature = "testing")]
    pub(crate) error: Option<TypeId>,
    #[cfg(feature = "testing")]
    pub(crate) name: &'static str,
    /// Whether there is a place for an interruption.
    pub(crate) interruption: bool,
    pub(crate) awaited: bool,
}

#[cfg(feature = "testing")]
impl Able {
    pub(crate) fn takes(&self, maker: &Maker) -> bool {
        self.error == Some(maker.error)
    }
}
