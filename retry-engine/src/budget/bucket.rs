//! The bucket's arithmetic: pure, in integer milli-tokens and milliseconds, `now` is an argument.
//!
//! The bucket stores the tokens that are *owed*, and not those that are left: a capacity that follows the volume of
//! calls is known only where a retry is asked for, and a deposit needs none. The whole state is one `u64`: 28 bits of
//! milli-tokens (268 435 tokens) above 36 bits of milliseconds (two years, then they start over), the moment up to which
//! time has paid. That moment moves only by whole steps, so that a fraction of a step is never lost however often
//! somebody looks: a bucket asked every millisecond and one asked once a minute owe the same.

use crate::failure::class::Kind;

use super::settings::{BudgetSettings, Charge, DepositOn, Refund};
use super::volume::Follow;
use super::withdrawal::Price;

/// The milli-tokens that are owed and the moment up to which time has paid, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State(pub(super) u64);

const STAMP_BITS: u32 = 36;
const STAMP: u64 = (1 << STAMP_BITS) - 1;
/// A moment that lies less than this before the stamp (70 min) is a clock that runs behind another's.
const BEHIND: u64 = 1 << 22;

impl State {
    pub(super) const fn new(milli: u32, stamp: u64) -> Self {
        State((milli as u64) << STAMP_BITS | (stamp & STAMP))
    }

    pub(super) const fn owed(self) -> u32 {
        (self.0 >> STAMP_BITS) as u32
    }

    pub(super) const fn stamp(self) -> u64 {
        self.0 & STAMP
    }

    /// Lowers the debt. The time is not needed: the next withdrawal subtracts the time that has passed, and the
    /// difference is the same. Neither is the capacity.
    #[inline]
    pub(super) const fn less(self, milli: u32) -> Self {
        State::new(self.owed().saturating_sub(milli), self.stamp())
    }

    /// A debt of no more than the capacity.
    pub(super) const fn at_most(self, capacity: u32) -> Self {
        let owed = self.owed();
        State::new(if owed < capacity { owed } else { capacity }, self.stamp())
    }
}

/// The result of a withdrawal, with the state to store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Admitted(State),
    Refused(State),
}

/// The settings in milli-tokens and milliseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    pub(super) capacity: Capacity,
    start: u32,
    pub(super) deposit: u32,
    pub(super) deposit_on: DepositOn,
    cost: u32,
    throttled_cost: u32,
    ambiguous_cost: u32,
    /// Milli-tokens that must be exceeded after the charge, when failures are charged.
    pub(super) above: Option<u32>,
    /// `None`: the cost.
    refund: Option<u32>,
    step: Option<Step>,
}

/// The milli-tokens that a bucket may owe.
#[derive(Clone, Copy, Debug)]
pub(super) enum Capacity {
    /// Set by hand or by a preset: every retry is charged.
    Fixed(u32),
    /// As many as the volume of calls allows.
    Follows,
}

/// The shortest time after which a whole number of milli-tokens has come back.
#[derive(Clone, Copy, Debug)]
struct Step {
    millis: u64,
    milli: u32,
}

impl Bucket {
    /// The bucket of settings that passed [`BudgetSettings::validate`]; `follow` stands for a capacity that is not set.
    /// Amounts finer than a milli-token are rounded against the retry: costs up, earnings down.
    pub(super) const fn new(settings: BudgetSettings, follow: Follow) -> Self {
        let (capacity, least) = match settings.capacity {
            Some(tokens) => (Capacity::Fixed(tokens * 1000), tokens * 1000),
            None => (Capacity::Follows, follow.least),
        };
        Bucket {
            capacity,
            start: match settings.start {
                Some(tokens) => least.saturating_sub(down(tokens)),
                None => 0,
            },
            deposit: down(settings.deposit),
            deposit_on: settings.deposit_on,
            cost: up(settings.cost),
            throttled_cost: up(settings.throttled_cost),
            ambiguous_cost: match settings.ambiguous_cost {
                Some(tokens) => up(tokens),
                None => up(settings.cost),
            },
            above: match settings.charge {
                Charge::Failures { above } => Some(up(above)),
                Charge::Retries => None,
            },
            refund: match settings.refund {
                Refund::Tokens(tokens) => Some(down(tokens)),
                Refund::Cost => None,
            },
            step: match settings.refill {
                Some(every) => Some(Step::of(every.as_millis() as u64)),
                None => None,
            },
        }
    }

    pub(super) const fn start(&self) -> State {
        State::new(self.start, 0)
    }

    /// The cost of a retry after a failure of this kind.
    pub(super) const fn cost(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Throttled => self.throttled_cost,
            Kind::Ambiguous => self.ambiguous_cost,
            Kind::Transient | Kind::Overloaded | Kind::Permanent => self.cost,
        }
    }

    /// The price of a retry after a failure of this kind.
    pub(super) const fn price(&self, kind: Kind) -> Price {
        let cost = self.cost(kind);
        let refund = match self.refund {
            Some(refund) => refund,
            None => cost,
        };
        // Where the failure was charged and not the retry, a retry that was never made gets nothing back.
        let unmade = if self.above.is_some() { 0 } else { cost };
        Price { cost, refund, unmade }
    }

    /// Adds the cost of a retry to the debt, if the capacity allows that.
    ///
    /// The debt is cut at the capacity first: what a busy hour owed must not lock a quiet one out.
    #[inline]
    pub(super) fn withdraw(&self, now: u64, state: State, cost: u32, capacity: u32) -> Verdict {
        let state = self.pay_off(now, state.at_most(capacity));
        let owed = state.owed().saturating_add(cost);
        match self.above {
            // The debt of failures stops at the capacity.
            Some(above) => {
                let next = State::new(owed, state.stamp()).at_most(capacity);
                let admits = cost == 0 || capacity - next.owed() > above;
                if admits { Verdict::Admitted(next) } else { Verdict::Refused(next) }
            }
            None if owed <= capacity => Verdict::Admitted(State::new(owed, state.stamp())),
            None => Verdict::Refused(state),
        }
    }

    /// Whether this capacity, and so any higher one, bears the debt and a retry of this cost, whatever time has paid.
    #[inline]
    pub(super) fn bears(&self, capacity: u32, state: State, cost: u32) -> bool {
        // Where failures are charged, tokens must be left.
        self.above.is_none() && state.owed().saturating_add(cost) <= capacity
    }

    /// Subtracts the time since the stamp, in whole steps.
    pub(super) fn pay_off(&self, now: u64, state: State) -> State {
        let Some(step) = self.step else { return state };
        let steps = elapsed(state.stamp(), now) / step.millis;
        // 36 bits of steps of at most a thousand milli-tokens.
        let paid = steps * u64::from(step.milli);
        if paid >= u64::from(state.owed()) {
            // A bucket that owes nothing earns nothing: its time starts with the next debt.
            return State::new(0, now.max(state.stamp()));
        }
        State::new(state.owed() - paid as u32, state.stamp() + steps * step.millis)
    }

    /// The debt at this moment, for somebody who looks: nothing is stored.
    #[inline]
    pub(super) fn owes(&self, now: u64, state: State, capacity: u32) -> u32 {
        self.pay_off(now, state.at_most(capacity)).owed()
    }

    /// Milliseconds until time alone makes a withdrawal of this cost possible.
    pub(super) fn admits_in(
        &self,
        now: u64,
        state: State,
        cost: u32,
        capacity: u32,
    ) -> Option<u64> {
        let state = self.pay_off(now, state.at_most(capacity));
        let needed = match self.above {
            Some(above) if cost > 0 => above + cost + 1,
            Some(_) => 0,
            None => cost,
        };
        let excess = (state.owed() + needed).saturating_sub(capacity);
        if excess == 0 {
            return Some(0);
        }
        let step = self.step.filter(|_| needed <= capacity)?;
        let wait = u64::from(excess.div_ceil(step.milli)) * step.millis;
        Some(wait - elapsed(state.stamp(), now))
    }
}

impl Step {
    const fn of(millis_per_token: u64) -> Self {
        let (mut a, mut b) = (millis_per_token, 1000);
        while b != 0 {
            (a, b) = (b, a % b);
        }
        Step { millis: millis_per_token / a, milli: (1000 / a) as u32 }
    }
}

/// Milliseconds from the stamp to now, around the turn of the 36 bits.
const fn elapsed(stamp: u64, now: u64) -> u64 {
    let elapsed = now.wrapping_sub(stamp) & STAMP;
    if elapsed > STAMP - BEHIND { 0 } else { elapsed }
}

/// Milli-tokens, rounded down. A number that is whole except for the last bits of the float stays whole.
const fn down(tokens: f64) -> u32 {
    (tokens * 1000.0 + 1e-6) as u32
}

/// Milli-tokens, rounded up.
const fn up(tokens: f64) -> u32 {
    let floor = down(tokens);
    if tokens * 1000.0 - floor as f64 > 1e-6 { floor + 1 } else { floor }
}

/// Milli-tokens as tokens.
pub(super) const fn tokens(milli: u32) -> f64 {
    milli as f64 / 1000.0
}

#[cfg(test)]
#[path = "bucket_tests.rs"]
mod tests;
