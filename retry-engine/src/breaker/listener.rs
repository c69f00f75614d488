//! The listeners of transitions and refusals.

use std::borrow::Cow;

use super::ticket::{Refusal, Transition};
use crate::base::name::Name;

/// Functions that are called at transitions and refusals, outside of the breakers' locks. The linker collects the
/// listeners (crate `inventory`): the events are a layer above, and a breaker in a `static` has no first call
/// in which to find them.
pub(crate) struct Listener {
    /// The breaker of this name has changed its state.
    pub(crate) changed: fn(Cow<'static, str>, &Transition),
    /// The breaker of this name has refused a call.
    pub(crate) refused: fn(&Name, &Refusal),
}

inventory::collect!(Listener);

#[cold]
pub(super) fn changed(breaker: Cow<'static, str>, transitions: &[Transition]) {
    for transition in transitions {
        each(|listener| (listener.changed)(breaker.clone(), transition));
    }
}

pub(super) fn refused(breaker: &Name, refusal: &Refusal) {
    each(|listener| (listener.refused)(breaker, refusal));
}

fn each(tell: impl Fn(&Listener)) {
    inventory::iter::<Listener>.into_iter().for_each(tell);
}
