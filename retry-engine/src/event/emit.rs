//! Emitting the events of breakers, budgets and configurations.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};

use super::configuration::{Change, ConfigApplied};
use super::delivery::{emit, has_listener};
use super::label::Label;
use super::protection::{BreakerRejected, BreakerTransition, BudgetExhausted};
use super::vocabulary::{Event, EventKind};
use super::warnings;
use crate::base::name::Name;
use crate::breaker::{Listener, Refusal, Transition};
use crate::budget::Refused;

// Breakers are in a lower folder and must not import events.
inventory::submit! { Listener { changed: breaker_transition, refused: breaker_rejected } }

/// Emits a breaker's change of state.
#[inline]
fn breaker_transition(breaker: Cow<'static, str>, transition: &Transition) {
    emit(&Event::BreakerTransition(BreakerTransition {
        breaker: breaker.into(),
        from: transition.from,
        to: transition.to,
        figures: transition.figures,
    }));
}

/// Emits a breaker's refusal of an attempt.
#[inline]
fn breaker_rejected(breaker: &Name, refusal: &Refusal) {
    if has_listener(EventKind::BreakerRejected) {
        emit(&Event::BreakerRejected(BreakerRejected {
            breaker: breaker.to_cow().into(),
            mode: refusal.mode,
            retry_after: refusal.retry_after,
        }));
    }
}

/// Emits a budget's refusal of a retry, which ends the call with its last failure.
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
    use std::time::Duration;

    use super::*;
    use crate::base::clock::fake::{clock, pass};
    use crate::breaker::{Breaker, BreakerSettings, Window};
    use crate::event::listen::observe;

    #[test]
    fn an_observer_sees_every_transition_of_a_breaker_once() {
        const SETTINGS: BreakerSettings =
            BreakerSettings::new().window(Window::Count(1)).min_calls(1).probes(1).jitter(0.0);
        static BREAKER: Breaker = Breaker::new("observed", SETTINGS).with_clock(clock);
        static SEEN: AtomicU32 = AtomicU32::new(0);
        let _guard = observe(|event| {
            let Event::BreakerTransition(transition) = event else { return };
            if transition.breaker == "observed" {
                // The lock is free, so the observer may call the breaker.
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

/// Emits the event that a configuration has taken effect.
pub fn config_applied(source: impl Into<Label>, changes: impl IntoIterator<Item = Change>) {
    APPLIED.fetch_add(1, Ordering::Relaxed);
    let (source, changes) = (source.into(), changes.into_iter().collect());
    emit(&Event::ConfigApplied(ConfigApplied { source, changes }));
}

/// Tells that a changed configuration has mistakes and was not applied.
#[inline]
pub fn config_refused(mistakes: usize, error: &dyn std::fmt::Display) {
    REFUSED.fetch_add(1, Ordering::Relaxed);
    warnings::config_refused(mistakes, error);
}

static APPLIED: AtomicU64 = AtomicU64::new(0);
static REFUSED: AtomicU64 = AtomicU64::new(0);

/// The number of configurations that were applied and that were refused while they were watched, since the process started.
#[inline]
pub fn configurations() -> (u64, u64) {
    (APPLIED.load(Ordering::Relaxed), REFUSED.load(Ordering::Relaxed))
}
