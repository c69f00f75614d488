//! Who is told of transitions and refusals.

use super::handle::Breaker;
use super::ticket::{Refusal, Transition};

/// A part of the crate that is told what breakers do, outside of their locks. The linker collects the
/// listeners (crate `inventory`): the events are a layer above, and a breaker in a `static` has no first call
/// in which to find them.
pub(crate) struct Listener {
    pub(crate) changed: fn(&Breaker, &Transition),
    pub(crate) refused: fn(&Breaker, &Refusal),
}

inventory::collect!(Listener);

#[cold]
pub(super) fn changed(breaker: &Breaker, transitions: &[Transition]) {
    for transition in transitions {
        inventory::iter::<Listener>.into_iter().for_each(|it| (it.changed)(breaker, transition));
    }
}

pub(super) fn refused(breaker: &Breaker, refusal: &Refusal) {
    inventory::iter::<Listener>.into_iter().for_each(|it| (it.refused)(breaker, refusal));
}
