//! What a turn comes to.

/// What a turn comes to: the call's outcome, or nothing yet.
///
/// An `Option` would hide this in what the outcome's own tag leaves free, and be found out there again by
/// every step that it is handed through; a byte of its own is a constant that folds away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Turned<R> {
    /// The call has ended, with this outcome.
    Out(R),
    /// There is to be another attempt.
    Again,
}

impl<R> From<Option<R>> for Turned<R> {
    fn from(out: Option<R>) -> Self {
        out.map_or(Turned::Again, Turned::Out)
    }
}
