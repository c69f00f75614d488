//! The input and the output of a decision: the verdict on a failed attempt, and stop or pause.

use crate::failure::class::Class;
use crate::failure::interruption::Cause;
use crate::report::reason::StopReason;
use crate::report::record::Delay;

/// The decision after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// No other attempt follows: the outcome of this one is the call's.
    Stop(StopReason),
    /// Another attempt follows after this pause.
    Pause(Delay),
}

/// The facts about a failed attempt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    pub(crate) class: Class,
    /// Whether `when` agrees to a retry; true without `when`.
    pub(crate) agreed: bool,
    /// The interruption with which the engine ended the attempt, if it did.
    pub(crate) cut: Option<Cause>,
    /// The interruption of a call inside that the failure carries.
    pub(crate) carried: Option<Cause>,
    /// Whether the outcome is a value that `retry_if` rejected.
    pub(crate) rejected: bool,
}

/// The facts about the request that an attempt sends, for calls that know it: those of services.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Whether sending it twice has the same effect as once; `None` leaves that to the policy.
    pub(crate) idempotent: Option<bool>,
    /// Whether it can be sent once more.
    pub(crate) repeatable: bool,
    /// Whether the attempt has sent something.
    pub(crate) sent: bool,
}

impl Request {
    /// A request of which nothing is known: the body of a function.
    pub(crate) const UNKNOWN: Request = Request { idempotent: None, repeatable: true, sent: true };
}
