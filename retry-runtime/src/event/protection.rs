//! The events of breakers and budgets.

use std::time::Duration;

use super::delivery::{emit, hears};
use super::kind::EventKind;
use super::label::Label;
use super::vocabulary::Event;
use crate::breaker::{Breaker, Figures, Listener, Mode, Refusal, Transition};
use crate::budget::Refused;

/// A circuit breaker has changed its state.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerTransition {
    /// The breaker's name; `table[key]` for one of a table.
    pub breaker: Label,
    /// The state that ended.
    pub from: Mode,
    /// The state that began.
    pub to: Mode,
    /// The counts of the state that ended.
    pub figures: Figures,
}

/// A circuit breaker has refused an attempt.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BreakerRejected {
    /// The breaker's name; `table[key]` for one of a table.
    pub breaker: Label,
    /// The state that refused.
    pub mode: Mode,
    /// The time after which a call is admitted; `None` where that depends on something else.
    pub retry_after: Option<Duration>,
}

/// A budget has refused a retry.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct BudgetExhausted {
    /// The name of the function whose retry was refused.
    pub site: &'static str,
    /// Tokens that were there.
    pub available: f64,
    /// Tokens that the bucket holds.
    pub capacity: f64,
    /// Tokens that the retry would have cost.
    pub cost: f64,
    /// The time after which a retry is admitted if nothing else happens; `None` when time alone does not
    /// bring it about.
    pub wait: Option<Duration>,
}

// Breakers are a layer below, and must not name events.
inventory::submit! { Listener { changed: breaker_transition, refused: breaker_rejected } }

fn breaker_transition(breaker: &Breaker, transition: &Transition) {
    emit(&Event::BreakerTransition(BreakerTransition {
        breaker: breaker.owned_name().into(),
        from: transition.from,
        to: transition.to,
        figures: transition.figures,
    }));
}

fn breaker_rejected(breaker: &Breaker, refusal: &Refusal) {
    if hears(EventKind::BreakerRejected) {
        emit(&Event::BreakerRejected(BreakerRejected {
            breaker: breaker.owned_name().into(),
            mode: refusal.mode,
            retry_after: refusal.retry_after,
        }));
    }
}

/// The budget refused a retry; the call ended with its last failure.
pub(crate) fn budget_refused(site: &'static str, refused: &Refused) {
    emit(&Event::BudgetExhausted(BudgetExhausted {
        site,
        available: refused.available(),
        capacity: refused.capacity(),
        cost: refused.cost(),
        wait: refused.wait(),
    }));
}

#[cfg(all(test, not(retry_loom)))]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::base::clock::fake::{clock, pass};
    use crate::breaker::{BreakerSettings, Window};
    use crate::event::observe;

    #[test]
    fn an_observer_sees_every_transition_of_a_breaker_once() {
        const SETTINGS: BreakerSettings =
            BreakerSettings::new().window(Window::Count(1)).min_calls(1).probes(1).jitter(0.0);
        static BREAKER: Breaker = Breaker::new("observed", SETTINGS).with_clock(clock);
        static SEEN: AtomicU32 = AtomicU32::new(0);
        let _guard = observe(|event| {
            let Event::BreakerTransition(transition) = event else { return };
            if transition.breaker == "observed" {
                // The lock is free: the observer may ask.
                let _ = BREAKER.mode();
                SEEN.fetch_add(1, Ordering::Relaxed);
            }
        });
        BREAKER.permit().unwrap().failure();
        pass(Duration::from_secs(5));
        BREAKER.permit().unwrap().success();
        assert_eq!(SEEN.load(Ordering::Relaxed), 3);
    }
}
