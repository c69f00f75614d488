//! The guard of a call whose policy is known only when the call runs.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;

use super::guard::{Guard, Interrupts};
use crate::call::cancel::NeverCancelled;
use crate::call::state::Call;
use crate::failure::lookup::{HasFromInterruption, NoFromInterruption};
use crate::failure::outcome::Interruptible;

/// The guard of a call whose own policy may have limits that nothing can enforce: its error is not `From<Interruption>`.
#[derive(Clone, Copy, Debug)]
pub struct Uncut(bool);

impl<R> Guard<R> for Uncut {
    const INTERRUPTS: bool = false;
    type Cut = Infallible;
    type Quick = ();

    #[inline(always)]
    fn quick(&self) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn has_begun(&self) -> bool {
        self.0
    }

    #[inline]
    fn before(mut self: Pin<&mut Self>, call: &Call<'_>) -> Result<(), Infallible> {
        self.0 = true;
        call.warn_uncut();
        Ok(())
    }

    fn outcome(&self, cut: Infallible, _: Option<Arc<str>>) -> R {
        match cut {}
    }
}

/// The guard of a call whose own policy may have limits, by what is known of its error.
pub trait LimitedBy<R> {
    /// The guard.
    type Guard: Guard<R>;
    /// Creates the guard.
    fn guard() -> Self::Guard;
}

impl<R> LimitedBy<R> for NoFromInterruption {
    type Guard = Uncut;

    fn guard() -> Uncut {
        Uncut(false)
    }
}

impl<R: Interruptible> LimitedBy<R> for HasFromInterruption {
    type Guard = Interrupts<R, NeverCancelled>;

    fn guard() -> Self::Guard {
        Interrupts::by(NeverCancelled)
    }
}
