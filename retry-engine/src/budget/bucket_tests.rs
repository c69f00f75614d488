//! The bucket's arithmetic, in milli-tokens.

use super::super::volume::OF_SITE;
use super::*;
use proptest::prelude::*;
use std::time::Duration;

fn made(settings: BudgetSettings) -> Bucket {
    settings.validate().unwrap();
    Bucket::new(settings, OF_SITE)
}

/// The capacity of a bucket whose settings have one.
fn capacity(bucket: &Bucket) -> u32 {
    match bucket.capacity {
        Capacity::Fixed(capacity) => capacity,
        Capacity::Follows => OF_SITE.least,
    }
}

/// Runs a script on a bucket and gives the milli-tokens that are left after each item: `take` and `throttled`
/// (with `!` where it was refused), `put` a deposit, `+5s` or `+5ms` time.
fn run(settings: BudgetSettings, script: &str) -> String {
    let bucket = made(settings);
    let capacity = capacity(&bucket);
    let (mut now, mut state) = (0, bucket.start());
    let mut tokens = Vec::new();
    for item in script.split_whitespace() {
        let mut mark = "";
        let cost = |kind| bucket.cost(kind);
        let take = |kind| match bucket.withdraw(now, state, cost(kind), capacity) {
            Verdict::Admitted(left) => (left, ""),
            Verdict::Refused(left) => (left, "!"),
        };
        match item {
            "take" => (state, mark) = take(Kind::Transient),
            "throttled" => (state, mark) = take(Kind::Throttled),
            "put" => state = state.less(bucket.deposit),
            time => {
                let (number, unit) = time[1..].split_at(time[1..].find(['s', 'm']).unwrap());
                now += number.parse::<u64>().unwrap() * if unit == "s" { 1000 } else { 1 };
                state = bucket.pay_off(now, state);
            }
        }
        tokens.push(format!("{}{mark}", capacity - state.owed()));
    }
    tokens.join(" ")
}

#[track_caller]
fn check(settings: BudgetSettings, script: &str, tokens: &str) {
    assert_eq!(run(settings, script), tokens);
}

/// Two tokens, one per 30 s.
const TWO: BudgetSettings = BudgetSettings::new().capacity(2).refill(Duration::from_secs(30));

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
fn a_token_comes_back_by_time_and_a_partial_interval_is_kept() {
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
        let bucket = made(settings);
        let (mut state, mut retries) = (bucket.start(), 0);
        for _ in 0..10_000 {
            state = state.less(bucket.deposit);
            if let Verdict::Admitted(left) = bucket.withdraw(0, state, bucket.cost, 10_000_000) {
                (state, retries) = (left, retries + 1);
            }
        }
        let allowed = 10_000.0 * ratio;
        assert!(f64::from(retries) <= allowed, "{retries} retries at a ratio of {ratio}");
        assert!(f64::from(retries) > allowed * 0.9 - 1.0, "{retries} at {ratio} is far too few");
    }
}

#[test]
fn a_refusal_tells_when_time_will_have_paid() {
    let bucket = made(TWO);
    let empty = State::new(2000, 0);
    assert_eq!(bucket.admits_in(0, empty, 1000, 2000), Some(30_000));
    assert_eq!(bucket.admits_in(29_999, empty, 1000, 2000), Some(1));
    assert_eq!(bucket.admits_in(30_000, empty, 1000, 2000), Some(0));
    assert_eq!(made(TWO.no_refill()).admits_in(0, empty, 1000, 2000), None);
    assert_eq!(bucket.admits_in(0, State::new(20_000, 0), 1000, 2000), Some(30_000), "clamped");
}

/// Of a bucket that charges failures, a retry is admitted while more than `above` tokens are left after its charge.
#[test]
fn a_bucket_that_charges_failures_tells_when_more_than_the_threshold_will_be_left() {
    let settings = TWO.capacity(4).charge(Charge::Failures { above: 2.0 });
    let bucket = made(settings);
    let left = |tokens: u32| State::new(4_000 - 1_000 * tokens, 0);
    assert_eq!(bucket.admits_in(0, left(4), 1000, 4000), Some(0));
    assert_eq!(bucket.admits_in(0, left(3), 1000, 4000), Some(30), "one milli-token too few");
    assert_eq!(bucket.admits_in(0, left(2), 1000, 4000), Some(30_030));
    assert_eq!(bucket.admits_in(0, left(0), 0, 4000), Some(0), "a free retry");
    assert_eq!(bucket.admits_in(0, left(4), 2000, 4000), None, "never more than two are left");
}

#[test]
fn what_a_busy_hour_owed_does_not_lock_a_quiet_one_out() {
    let bucket = made(BudgetSettings::new());
    let busy = State::new(20_000, 0);
    let Verdict::Refused(quiet) = bucket.withdraw(0, busy, 1000, 6000) else { panic!() };
    assert_eq!(quiet.owed(), 6000);
    assert!(matches!(bucket.withdraw(60_000, quiet, 1000, 6000), Verdict::Admitted(_)));
    assert_eq!(bucket.owes(0, busy, 6000), 6000);
}

#[test]
fn a_bucket_that_owes_nothing_earns_nothing() {
    let bucket = made(BudgetSettings::new());
    let Verdict::Admitted(debt) = bucket.withdraw(90_000, bucket.start(), 1000, 6000) else {
        panic!()
    };
    assert_eq!(debt, State::new(1000, 90_000));
    assert_eq!(bucket.pay_off(149_999, debt).owed(), 1, "a minute has not passed");
    assert_eq!(bucket.pay_off(150_000, debt).owed(), 0);
}

#[test]
fn the_clock_may_turn_over_its_36_bits_and_may_run_behind() {
    let bucket = made(TWO);
    let state = State::new(2000, STAMP - 9_999);
    assert_eq!(bucket.pay_off(STAMP + 1 + 20_000, state).owed(), 1000);
    assert_eq!(bucket.pay_off(STAMP - 10_500, state), state);
}

proptest! {
    #[test]
    fn looking_often_or_seldom_pays_the_same(
        every in 1u64..100_000,
        looks in prop::collection::vec(0u64..5_000, 1..50),
    ) {
        let bucket = made(BudgetSettings::new().refill(Duration::from_millis(every)));
        let debt = State::new(10_000, 0);
        let (mut now, mut state) = (0, debt);
        for look in looks {
            now += look;
            state = bucket.pay_off(now, state);
        }
        prop_assert_eq!(state.owed(), bucket.pay_off(now, debt).owed());
        let exact = (now * 1000 / every).min(10_000);
        prop_assert!(u64::from(10_000 - state.owed()) <= exact);
    }

    #[test]
    fn a_debt_stays_between_nothing_and_the_capacity(
        moves in prop::collection::vec((0u8..4, 0u64..100_000), 0..200),
        failures in any::<bool>(),
    ) {
        let charge = if failures { Charge::Failures { above: 5.0 } } else { Charge::Retries };
        let bucket = made(BudgetSettings::new().charge(charge).deposit(0.7));
        let (mut now, mut state) = (0, bucket.start());
        for (kind, time) in moves {
            now += time;
            state = match kind {
                0 => state.less(bucket.deposit),
                1 => state.less(bucket.price(Kind::Transient).refund),
                _ => match bucket.withdraw(now, state, bucket.cost, 6_000 + 100 * u32::from(kind)) {
                    Verdict::Admitted(left) | Verdict::Refused(left) => left,
                },
            };
            prop_assert!(state.owed() <= 6_300);
        }
    }
}
