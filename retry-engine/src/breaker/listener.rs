//! The listeners of transitions and refusals.

use std::borrow::Cow;

use super::ticket::{CircuitOpen, Transition};

/// Functions that are called at transitions and refusals, outside of the breakers' locks. The linker collects the
/// listeners (crate `inventory`): the events are a layer above, and a breaker in a `static` has no first call
/// in which to find them.
pub(crate) struct Listener {
    /// The breaker of this name has changed its state.
    pub(crate) changed: fn(Cow<'static, str>, &Transition),
    pub(crate) refused: fn(&CircuitOpen),
}

inventory::collect!(Listener);

#[cold]
pub(super) fn changed(breaker: Cow<'static, str>, transitions: &[Transition]) {
    for transition in transitions {
        each(|listener| (listener.changed)(breaker.clone(), transition));
    }
}

pub(super) fn refused(refusal: &CircuitOpen) {
    each(|listener| (listener.refused)(refusal));
}

fn each(tell: impl Fn(&Listener)) {
    inventory::iter::<Listener>.into_iter().for_each(tell);
}
