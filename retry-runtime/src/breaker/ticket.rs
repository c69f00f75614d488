//! What the machine answers: a state's name, a ticket, a refusal, a transition.

use std::fmt;
use std::time::Duration;

use super::figures::Figures;

/// Which state a breaker is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Mode {
    /// Admits and counts.
    Closed,
    /// Refuses for a time.
    Open,
    /// Admits a few probes.
    HalfOpen,
    /// By hand: refuses until told otherwise.
    ForcedOpen,
    /// By hand: admits everything, counts nothing.
    Disabled,
    /// By hand: admits everything, counts.
    Shadow,
}

impl Mode {
    /// The name in events and figures, in snake case: `half_open`.
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Closed => "closed",
            Mode::Open => "open",
            Mode::HalfOpen => "half_open",
            Mode::ForcedOpen => "forced_open",
            Mode::Disabled => "disabled",
            Mode::Shadow => "shadow",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The leave to make one call: given back with its result, or abandoned.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe whose ticket is lost counts as missing"]
pub struct Ticket {
    pub(super) generation: u32,
    pub(super) probe: Option<u32>,
}

/// The call must not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The state that refused it.
    pub mode: Mode,
    /// The time after which a call is admitted; `None` where that depends on something else: on the
    /// results of the probes, on whoever forced it open.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the circuit breaker is {}", self.mode)
    }
}

impl std::error::Error for Refusal {}

/// One change of state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// The state that ended.
    pub from: Mode,
    /// The state that began.
    pub to: Mode,
    /// When it was due, which may be before it was noticed.
    pub at: Duration,
    /// What the state that ended had counted.
    pub figures: Figures,
}
