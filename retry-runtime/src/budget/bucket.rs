//! The bucket's arithmetic: pure, in integer milli-tokens and milliseconds, `now` is an argument.
//!
//! The whole state is one `u64`: 28 bits of milli-tokens (268 435 tokens) above 36 bits of milliseconds
//! (two years, then they start over), the moment up to which time has been paid for. That moment moves
//! only by whole steps, so that a fraction of a step is never lost however often somebody looks: a bucket
//! asked every millisecond and one asked once a minute hold the same.

use crate::failure::class::Kind;

use super::settings::{BudgetSettings, Charge, DepositOn, Refund};

/// Milli-tokens and the moment up to which time has been paid for, in one word.
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

    pub(super) const fn milli(self) -> u32 {
        (self.0 >> STAMP_BITS) as u32
    }

    pub(super) const fn stamp(self) -> u64 {
        self.0 & STAMP
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
    pub(super) capacity: u32,
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

/// The shortest time after which a whole number of milli-tokens has come back.
#[derive(Clone, Copy, Debug)]
struct Step {
    millis: u64,
    milli: u32,
}

impl Bucket {
    /// The bucket of settings that passed [`BudgetSettings::validate`]. Amounts finer than a milli-token
    /// are rounded against the retry: costs up, earnings down.
    pub(super) const fn new(settings: BudgetSettings) -> Self {
        let capacity = settings.capacity * 1000;
        Bucket {
            capacity,
            start: match settings.start {
                Some(tokens) => down(tokens),
                None => capacity,
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

    /// The refund of a retry of this cost that succeeds.
    pub(super) const fn refund_of(&self, cost: u32) -> u32 {
        match self.refund {
            Some(refund) => refund,
            None => cost,
        }
    }

    /// The refund of a retry of this cost that is dropped: nothing, where the failure
    /// was charged and not the retry.
    pub(super) const fn given_back(&self, cost: u32) -> u32 {
        if self.above.is_some() { 0 } else { cost }
    }

    /// Takes the cost of a retry.
    #[inline]
    pub(super) fn withdraw(&self, now: u64, state: State, cost: u32) -> Verdict {
        let state = self.refill(now, state);
        let left = State::new(state.milli().saturating_sub(cost), state.stamp());
        match self.above {
            Some(above) if left.milli() > above || cost == 0 => Verdict::Admitted(left),
            Some(_) => Verdict::Refused(left),
            None if state.milli() >= cost => Verdict::Admitted(left),
            None => Verdict::Refused(state),
        }
    }

    /// The state after [`withdraw`](Self::withdraw), if no refill is due: the bucket is full, or the time is within
    /// a step.
    #[inline]
    pub(super) fn take_at_once(&self, now: u64, state: State, cost: u32) -> Option<State> {
        let milli = state.milli();
        let left = milli.checked_sub(cost).filter(|_| self.above.is_none())?;
        if self
            .step
            .is_none_or(|step| elapsed(state.stamp(), now) < step.millis && milli < self.capacity)
        {
            return Some(State::new(left, state.stamp()));
        }
        let full = milli == self.capacity;
        full.then(|| State::new(left, now.max(state.stamp())))
    }

    /// Puts milli-tokens in, up to the capacity. The time is not needed: the next withdrawal adds
    /// the refill that is due, and the sum is the same.
    pub(super) const fn put(&self, state: State, milli: u32) -> State {
        let sum = state.milli().saturating_add(milli);
        State::new(if sum > self.capacity { self.capacity } else { sum }, state.stamp())
    }

    /// Pays for the time since the stamp, in whole steps.
    #[inline]
    pub(super) fn refill(&self, now: u64, state: State) -> State {
        let Some(step) = self.step else { return state };
        let missing = self.capacity - state.milli();
        if missing == 0 {
            return self.filled(now, state);
        }
        let elapsed = elapsed(state.stamp(), now);
        if elapsed < step.millis { state } else { self.add_steps(now, state, step, elapsed) }
    }

    /// A full bucket earns nothing: its time starts when something is taken out.
    const fn filled(&self, now: u64, state: State) -> State {
        let stamp = state.stamp();
        State::new(self.capacity, if now > stamp { now } else { stamp })
    }

    #[cold]
    fn add_steps(&self, now: u64, state: State, step: Step, elapsed: u64) -> State {
        let missing = self.capacity - state.milli();
        let steps = elapsed / step.millis;
        if steps >= u64::from(missing.div_ceil(step.milli)) {
            return self.filled(now, state);
        }
        State::new(state.milli() + steps as u32 * step.milli, state.stamp() + steps * step.millis)
    }

    /// Milliseconds until time alone makes a withdrawal of this cost possible.
    pub(super) fn admits_in(&self, now: u64, state: State, cost: u32) -> Option<u64> {
        let state = self.refill(now, state);
        let needed = match self.above {
            Some(above) if cost > 0 => above + cost + 1,
            Some(_) => 0,
            None => cost,
        };
        let Some(missing) = needed.checked_sub(state.milli()).filter(|missing| *missing > 0) else {
            return Some(0);
        };
        let step = self.step.filter(|_| needed <= self.capacity)?;
        let wait = u64::from(missing.div_ceil(step.milli)) * step.millis;
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
