//! The bucket's arithmetic: pure, in integer milli-tokens and milliseconds, `now` is an argument.
//!
//! The whole state is one `u64`: 28 bits of milli-tokens (268 435 tokens) above 36 bits of milliseconds
//! (two years, then they start over), the moment up to which time has been paid for. That moment moves
//! only by whole steps, so that a fraction of a step is never lost however often somebody looks: a bucket
//! asked every millisecond and one asked once a minute hold the same.

use crate::classify::Kind;

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

/// What became of a withdrawal, with the state to store.
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
    above: Option<u32>,
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

    /// What a retry after a failure of this kind costs.
    pub(super) const fn cost(&self, kind: Kind) -> u32 {
        match kind {
            Kind::Throttled => self.throttled_cost,
            Kind::Ambiguous => self.ambiguous_cost,
            Kind::Transient | Kind::Overloaded | Kind::Permanent => self.cost,
        }
    }

    /// What a retry that had cost this much gives back when it succeeds.
    pub(super) const fn refund_of(&self, cost: u32) -> u32 {
        match self.refund {
            Some(refund) => refund,
            None => cost,
        }
    }

    /// What a retry that had cost this much gives back when it is dropped: nothing, where the failure
    /// was charged and not the retry.
    pub(super) const fn given_back(&self, cost: u32) -> u32 {
        if self.above.is_some() { 0 } else { cost }
    }

    pub(super) const fn charges_failures(&self) -> bool {
        self.above.is_some()
    }

    /// Takes the cost of a retry.
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

    /// Puts milli-tokens in, up to the capacity. The time is not needed: what time has paid since is
    /// added by whoever takes out next, and the sum is the same.
    pub(super) const fn put(&self, state: State, milli: u32) -> State {
        let sum = state.milli().saturating_add(milli);
        State::new(if sum > self.capacity { self.capacity } else { sum }, state.stamp())
    }

    /// Pays for the time since the stamp, in whole steps.
    pub(super) fn refill(&self, now: u64, state: State) -> State {
        let Some(step) = self.step else { return state };
        let missing = self.capacity - state.milli();
        let steps = elapsed(state.stamp(), now) / step.millis;
        if steps >= u64::from(missing.div_ceil(step.milli)) {
            // A full bucket earns nothing: its time starts when something is taken out.
            return State::new(self.capacity, now.max(state.stamp()));
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

/// Milli-tokens, rounded down; what is a whole number but for the last bits of the float stays whole.
const fn down(tokens: f64) -> u32 {
    (tokens * 1000.0 + 1e-6) as u32
}

/// Milli-tokens, rounded up.
const fn up(tokens: f64) -> u32 {
    let floor = down(tokens);
    if tokens * 1000.0 - floor as f64 > 1e-6 { floor + 1 } else { floor }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    /// Runs a script on a bucket and gives the milli-tokens after each item: `take` and `throttled`
    /// (with `!` where it was refused), `put` a deposit, `+5s` or `+5ms` time.
    fn run(settings: BudgetSettings, script: &str) -> String {
        settings.validate().unwrap();
        let bucket = Bucket::new(settings);
        let (mut now, mut state) = (0, bucket.start());
        let mut tokens = Vec::new();
        for item in script.split_whitespace() {
            let mut mark = "";
            let cost = |kind| bucket.cost(kind);
            let take = |kind| match bucket.withdraw(now, state, cost(kind)) {
                Verdict::Admitted(left) => (left, ""),
                Verdict::Refused(left) => (left, "!"),
            };
            match item {
                "take" => (state, mark) = take(Kind::Transient),
                "throttled" => (state, mark) = take(Kind::Throttled),
                "put" => state = bucket.put(state, bucket.deposit),
                time => {
                    let (number, unit) = time[1..].split_at(time[1..].find(['s', 'm']).unwrap());
                    now += number.parse::<u64>().unwrap() * if unit == "s" { 1000 } else { 1 };
                    state = bucket.refill(now, state);
                }
            }
            tokens.push(format!("{}{mark}", state.milli()));
        }
        tokens.join(" ")
    }

    #[track_caller]
    fn check(settings: BudgetSettings, script: &str, tokens: &str) {
        assert_eq!(run(settings, script), tokens);
    }

    const TWO: BudgetSettings = BudgetSettings::new().capacity(2);

    #[test]
    fn a_retry_is_refused_once_its_cost_is_not_there() {
        check(TWO, "take take take put take", "1000 0 0! 100 100!");
        check(TWO, "take throttled take throttled throttled", "1000 500 500! 0 0!");
    }

    #[test]
    fn a_deposit_never_exceeds_the_capacity() {
        check(TWO, "put take put put", "2000 1000 1100 1200");
        check(TWO.deposit(0.7), "take put put put", "1000 1700 2000 2000");
    }

    #[test]
    fn a_token_comes_back_every_thirty_seconds_and_a_partial_interval_is_kept() {
        check(TWO, "take take +30s +29s +29ms +1s", "1000 0 1000 1966 1967 2000");
        check(TWO, "take take +29ms +1ms +29ms +1ms", "1000 0 0 1 1 2");
        check(TWO.no_refill(), "take take +30s", "1000 0 0");
    }

    #[test]
    fn time_spent_full_is_not_saved_up() {
        check(TWO, "+300s take take take +15s", "2000 1000 0 0! 500");
    }

    #[test]
    fn grpc_charges_every_failure_and_retries_while_more_than_half_is_left() {
        let grpc = BudgetSettings::grpc().capacity(4).charge(Charge::Failures { above: 2.0 });
        check(
            grpc.deposit(0.8),
            "take take take take take put put put put put put take take",
            "3000 2000! 1000! 0! 0! 800 1600 2400 3200 4000 4000 3000 2000!",
        );
    }

    #[test]
    fn unlimited_admits_everything() {
        check(BudgetSettings::unlimited(), "take throttled take", "10000 10000 10000");
    }

    /// tower #857: `TpsBudget` computes a retry's cost as `(1 / ratio) as isize`, so that a ratio of 0.6
    /// costs 1 deposit in place of 1.67 and admits a retry for every call.
    #[test]
    fn tower_857_a_ratio_whose_inverse_is_not_whole_admits_no_more_than_the_ratio() {
        for ratio in [0.6, 0.7, 0.15, 0.0033, 1.0 / 3.0] {
            let settings = BudgetSettings::sre().capacity(10_000).start(0.0).deposit(ratio);
            let bucket = Bucket::new(settings);
            let (mut state, mut retries) = (bucket.start(), 0);
            for _ in 0..10_000 {
                state = bucket.put(state, bucket.deposit);
                if let Verdict::Admitted(left) = bucket.withdraw(0, state, bucket.cost) {
                    (state, retries) = (left, retries + 1);
                }
            }
            let allowed = 10_000.0 * ratio;
            assert!(f64::from(retries) <= allowed, "{retries} retries at a ratio of {ratio}");
            assert!(
                f64::from(retries) > allowed * 0.9 - 1.0,
                "{retries} at {ratio} is far too few"
            );
        }
    }

    #[test]
    fn a_refusal_tells_when_time_will_have_paid() {
        let bucket = Bucket::new(TWO);
        let empty = State::new(0, 0);
        assert_eq!(bucket.admits_in(0, empty, 1000), Some(30_000));
        assert_eq!(bucket.admits_in(29_999, empty, 1000), Some(1));
        assert_eq!(bucket.admits_in(30_000, empty, 1000), Some(0));
        assert_eq!(Bucket::new(TWO.no_refill()).admits_in(0, empty, 1000), None);
    }

    #[test]
    fn the_clock_may_turn_over_its_36_bits_and_may_run_behind() {
        let bucket = Bucket::new(TWO);
        let state = State::new(0, STAMP - 9_999);
        assert_eq!(bucket.refill(STAMP + 1 + 20_000, state).milli(), 1000);
        assert_eq!(bucket.refill(STAMP - 10_500, state), state);
    }

    proptest! {
        #[test]
        fn looking_often_or_seldom_pays_the_same(
            every in 1u64..100_000,
            looks in prop::collection::vec(0u64..5_000, 1..50),
        ) {
            let bucket = Bucket::new(BudgetSettings::new().refill(Duration::from_millis(every)));
            let empty = State::new(0, 0);
            let (mut now, mut state) = (0, empty);
            for look in looks {
                now += look;
                state = bucket.refill(now, state);
            }
            prop_assert_eq!(state.milli(), bucket.refill(now, empty).milli());
            let exact = (now * 1000 / every).min(10_000);
            prop_assert!(u64::from(state.milli()) <= exact);
        }

        #[test]
        fn tokens_stay_between_nothing_and_the_capacity(
            moves in prop::collection::vec((0u8..4, 0u64..100_000), 0..200),
            failures in any::<bool>(),
        ) {
            let charge = if failures { Charge::Failures { above: 5.0 } } else { Charge::Retries };
            let bucket = Bucket::new(BudgetSettings::new().charge(charge).deposit(0.7));
            let (mut now, mut state) = (0, bucket.start());
            for (kind, time) in moves {
                now += time;
                state = match kind {
                    0 => bucket.put(state, bucket.deposit),
                    1 => bucket.put(state, bucket.refund_of(bucket.cost)),
                    _ => match bucket.withdraw(now, state, bucket.cost) {
                        Verdict::Admitted(left) | Verdict::Refused(left) => left,
                    },
                };
                prop_assert!(state.milli() <= bucket.capacity);
            }
        }
    }
}
