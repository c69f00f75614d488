//! The states as structs: each knows what it admits and what it makes of a result, none knows the others.

mod closed;
mod dropped;
mod half_open;
mod open;
mod turn;

use super::ticket::Mode;

pub(super) use closed::{Closed, Standing};
pub(super) use dropped::{NUMBERS, Ran};
pub(super) use half_open::{HalfOpen, Verdict};
pub(super) use open::Open;
pub use turn::Turn;

/// The state that a machine is in.
#[derive(Clone, Debug)]
pub(super) enum State {
    Closed(Closed),
    Open(Open),
    HalfOpen(HalfOpen),
    /// Refuses until somebody says otherwise.
    ForcedOpen,
    /// Admits everything and counts nothing.
    Disabled,
    /// Admits everything and counts as the closed state does.
    Shadow(Closed),
}

impl State {
    /// Its name.
    pub(super) const fn mode(&self) -> Mode {
        match self {
            State::Closed(_) => Mode::Closed,
            State::Open(_) => Mode::Open,
            State::HalfOpen(_) => Mode::HalfOpen,
            State::ForcedOpen => Mode::ForcedOpen,
            State::Disabled => Mode::Disabled,
            State::Shadow(_) => Mode::Shadow,
        }
    }
}
