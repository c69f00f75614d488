//! The turn to probe: of all processes of a fleet, one probes at a time.

use std::time::Duration;

/// The process whose turn it is to probe, as far as a half-open breaker knows. A breaker without a share has no turns:
/// [`Local`](Turn::Local).
///
/// ```
/// use retry_runtime::breaker::{BreakerSettings, Machine, Share, Turn};
/// use std::time::Duration;
///
/// let now = Duration::ZERO;
/// let mut machine = Machine::new(BreakerSettings::new().share(Share::new("orders")));
/// machine.probe(now);
/// assert!(machine.admit(now).is_err()); // another process may be probing
/// assert!(machine.asks_for_turn(now));
/// machine.turn(now, Turn::Mine); // the answer of the fleet
/// assert!(machine.admit(now).is_ok());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// No other process is asked.
    #[default]
    Local,
    /// The fleet must be asked before the first probe.
    Wanted,
    /// The fleet was asked at this time.
    Asked(Duration),
    /// This process probes, one call at a time, until the period is decided.
    Mine,
    /// Another process probed when the fleet was asked, at this time, which the breaker sets.
    Others(Duration),
}

/// The longest wait for the answer of the fleet; then the breaker goes on as a local one.
pub(super) const ANSWER: Duration = Duration::from_secs(1);

/// The time after which a denied turn is asked for again.
const AGAIN: Duration = Duration::from_millis(250);

impl Turn {
    /// The turn that applies at this time, where the fleet was first asked at `first`: no answer for a second, or a turn of
    /// others for as long as `limit`, leaves the breaker to itself. So a transport that is silent or lies cannot keep it from
    /// probing.
    pub(super) fn at(self, now: Duration, first: Option<Duration>, limit: Duration) -> Turn {
        let asked_for = first.map_or(Duration::ZERO, |first| now.saturating_sub(first));
        match self {
            Turn::Asked(at) if now.saturating_sub(at) >= ANSWER => Turn::Local,
            Turn::Asked(_) | Turn::Others(_) if asked_for >= limit.max(ANSWER) => Turn::Local,
            turn => turn,
        }
    }

    /// Whether the fleet must be asked before a probe.
    pub(super) fn is_to_be_asked_for(self, now: Duration) -> bool {
        match self {
            Turn::Wanted => true,
            Turn::Others(at) => now.saturating_sub(at) >= AGAIN,
            Turn::Local | Turn::Asked(_) | Turn::Mine => false,
        }
    }
}
