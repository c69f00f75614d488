//! The result of a turn.

use crate::call::state::Call;

/// What a turn comes to: the call's outcome, or nothing yet.
///
/// An `Option` would hide this in what the outcome's own tag leaves free, and be found out there again by
/// every step that it is handed through; a byte of its own is a constant that folds away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Turned<R> {
    /// The call has ended, with this outcome.
    Out(R),
    /// The same of a call that nothing was special about, and that is left to be [closed](Call::close) by whoever it
    /// belongs to: the compiler then knows where it is dropped that there is nothing to do.
    Quick(R),
    /// There is to be another attempt.
    Again,
}

impl<R> Turned<R> {
    /// The outcome, if there is one, of a call that is closed when it is over.
    // Generated code matches instead: an `Option` would be found out again there.
    pub(super) fn over(self, call: &mut Call<'_>) -> Option<R> {
        match self {
            Turned::Quick(out) => {
                call.close();
                Some(out)
            }
            Turned::Out(out) => Some(out),
            Turned::Again => None,
        }
    }
}

impl<R> From<Option<R>> for Turned<R> {
    fn from(out: Option<R>) -> Self {
        out.map_or(Turned::Again, Turned::Out)
    }
}
