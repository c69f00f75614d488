//! The result of a turn.

/// The result of a turn: the call's outcome, or another attempt.
///
/// Not an `Option`: that would use a niche in the outcome's tag, which every caller would have to decode again. A separate
/// byte is a constant that the compiler folds away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Turned<R> {
    /// The call has ended, with this outcome.
    Out(R),
    /// A first-try success of a plain call. The owner must [close](crate::call::state::Call::close) the call, so that the
    /// compiler can remove the drop of the call.
    Quick(R),
    /// Another attempt follows.
    Again,
}
