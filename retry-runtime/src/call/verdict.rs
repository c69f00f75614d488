//! The two sides of a decision: what is known about a failed attempt, and what follows.

use crate::failure::class::Class;
use crate::failure::interruption::Interruption;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No further attempt: the outcome is the call's.
    Stop(StopReason),
    /// Another attempt after this pause.
    Pause(Delay),
}

/// What was found out about a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    /// Whether `when`, if there is one, wants it retried.
    pub(crate) agreed: bool,
    /// Set when the engine ended the attempt.
    pub(crate) cut: Option<Interruption>,
    /// Whether it is a value that `retry_if` has rejected.
    pub(crate) rejected: bool,
}
