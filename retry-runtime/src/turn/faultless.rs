//! Attempts run as they are: nothing is injected without the features `testing` and `chaos`.

use std::marker::PhantomData;
use std::task::{Context, Poll};

use super::Judge;
use crate::call::Call;
use crate::failure::outcome::Outcome;

/// Nothing.
pub(super) struct Faults<R>(PhantomData<fn() -> R>);

impl<R: Outcome> Faults<R> {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Faults(PhantomData)
    }

    #[inline(always)]
    pub(super) fn end(&mut self) {}

    #[inline(always)]
    pub(super) fn poll<J: Judge<R>>(
        &mut self,
        call: &mut Call<'_>,
        _: &J,
        cx: &mut Context<'_>,
        body: impl FnOnce(&mut Call<'_>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        body(call, cx)
    }
}

#[inline(always)]
pub(super) fn run<R: Outcome, J: Judge<R>>(
    call: &mut Call<'_>,
    _: &J,
    body: impl FnOnce() -> R,
) -> R {
    call.run(body)
}
