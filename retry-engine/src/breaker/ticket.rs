//! The answers of the machine: a state's name, a ticket, a refusal, a transition.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use super::figures::Figures;
use super::word::Held;
use crate::base::line::OneLine;

/// Which state a breaker is in.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
///
/// static SEARCH: Breaker = Breaker::new("search", BreakerSettings::new());
/// SEARCH.force_open();
/// assert_eq!(SEARCH.mode(), Mode::ForcedOpen);
/// assert_eq!(Mode::HalfOpen.to_string(), "half_open");
/// ```
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
    #[inline]
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
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Permission to make one call: given back with the call's result, or abandoned.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Machine, Outcome};
/// use std::time::Duration;
///
/// let mut machine = Machine::new(BreakerSettings::new());
/// let ticket = machine.admit(Duration::ZERO)?;
/// machine.record(Duration::from_secs(1), ticket, Outcome::Success, false);
/// assert_eq!(machine.figures(Duration::from_secs(1)).calls, 1);
/// # Ok::<(), retry_runtime::breaker::Refusal>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
#[must_use = "a probe whose ticket is lost counts as missing"]
pub struct Ticket {
    /// Its generation, and its number if the machine knows of the call while it is under way.
    pub(super) held: Held,
    /// When the call was admitted, if the machine did it. Permits know it by themselves.
    pub(super) since: Option<Duration>,
}

/// The call must not be made.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Machine, Mode};
/// use std::time::Duration;
///
/// let mut machine = Machine::new(BreakerSettings::new());
/// machine.open_for(Duration::ZERO, Duration::from_secs(5));
/// let refusal = machine.admit(Duration::from_secs(2)).unwrap_err();
/// assert_eq!((refusal.mode, refusal.retry_after), (Mode::Open, Some(Duration::from_secs(3))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The state that refused it.
    pub mode: Mode,
    /// The time after which a call is admitted; `None` where that depends on something else: on the
    /// results of the probes, on an operator who forced it open.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for Refusal {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the circuit breaker is {}", self.mode)
    }
}

impl std::error::Error for Refusal {}

/// The breaker refused the call: it was not made.
///
/// ```
/// use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
///
/// let bank = Breaker::new("bank", BreakerSettings::new());
/// bank.force_open();
/// let refused = bank.permit().unwrap_err();
/// assert_eq!((refused.name(), refused.mode()), ("bank", Mode::ForcedOpen));
/// assert_eq!(refused.retry_after(), None); // until an operator says otherwise
/// assert_eq!(refused.to_string(), "the circuit breaker `bank` is forced open");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitOpen {
    name: Cow<'static, str>,
    refusal: Refusal,
}

impl CircuitOpen {
    pub(super) fn new(name: Cow<'static, str>, refusal: Refusal) -> Self {
        CircuitOpen { name, refusal }
    }

    /// The breaker's name.
    #[inline]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state that refused it.
    pub const fn mode(&self) -> Mode {
        self.refusal.mode
    }

    /// The time after which a call is admitted; `None` where that depends on something else: on the
    /// results of the probes, on an operator who forced it open.
    pub const fn retry_after(&self) -> Option<Duration> {
        self.refusal.retry_after
    }
}

impl fmt::Display for CircuitOpen {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.refusal.mode {
            Mode::HalfOpen => "half-open and has all its probes under way",
            Mode::ForcedOpen => "forced open",
            _ => "open",
        };
        // The name may contain a key.
        write!(f, "the circuit breaker `{}` is {state}", OneLine(&self.name))
    }
}

impl std::error::Error for CircuitOpen {}

/// One change of state.
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Machine, Mode};
/// use std::time::Duration;
///
/// let mut machine = Machine::new(BreakerSettings::new());
/// machine.trip(Duration::from_secs(1));
/// let transitions: Vec<_> = machine.take_transitions().into_iter().collect();
/// assert_eq!((transitions[0].from, transitions[0].to), (Mode::Closed, Mode::Open));
/// assert_eq!(transitions[0].at, Duration::from_secs(1));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Transition {
    /// The state that ended.
    pub from: Mode,
    /// The state that began.
    pub to: Mode,
    /// When it was due, which may be before it was noticed.
    pub at: Duration,
    /// The counts of the state that ended.
    pub figures: Figures,
}
