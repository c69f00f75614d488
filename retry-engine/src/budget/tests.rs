//! The budget as its users see it.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::super::{BudgetSettings, Charge, Refund};
use super::*;
use crate::base::clock::fake::{clock, pass};

const SECOND: Duration = Duration::from_secs(1);

fn budget(capacity: u32) -> Budget {
    of(BudgetSettings::new().capacity(capacity).refill(30 * SECOND))
}

fn of(settings: BudgetSettings) -> Budget {
    Budget::new(settings).with_clock(clock)
}

#[track_caller]
fn take(budget: &Budget) -> Withdrawal<&Budget> {
    budget.try_withdraw(Kind::Transient).unwrap()
}

/// Runs a script: `first` and `lost` are first tries that succeed and fail; `ok`, `fail`, `drop` and `throttled`
/// are retries by their end; `final` is a failure without a retry; `7*first` is 7 of them. `tokens` are left after
/// each item.
#[track_caller]
fn check(budget: Budget, script: &str, tokens: &str) {
    let seen = script.split_whitespace().map(|item| {
        let (times, word) = item.split_once('*').unwrap_or(("1", item));
        for _ in 0..times.parse().unwrap() {
            match word {
                "first" => budget.deposit_success(),
                "lost" => budget.deposit_failure(),
                "ok" => take(&budget).succeeded(),
                "fail" => take(&budget).failed(),
                "drop" => drop(take(&budget)),
                "throttled" => budget.try_withdraw(Kind::Throttled).unwrap().failed(),
                "final" => budget.charge_final(Kind::Transient),
                _ => panic!("unknown item {word}"),
            }
        }
        budget.available().to_string()
    });
    assert_eq!(seen.collect::<Vec<_>>().join(" "), tokens, "{script}");
}

#[test]
fn a_retry_that_succeeds_gets_its_cost_back_and_one_that_fails_does_not() {
    check(budget(10), "fail ok throttled", "9 9 8.5");
}

#[test]
fn a_withdrawal_that_is_dropped_gives_its_token_back_unless_its_attempt_has_begun() {
    let budget = Arc::new(budget(1));
    let take = || Withdrawal::take(Arc::clone(&budget), Kind::Transient).unwrap();
    let withdrawal = take();
    assert_eq!(budget.available(), 0.0);
    drop(withdrawal);
    assert_eq!(budget.available(), 1.0);
    let mut withdrawal = take();
    withdrawal.begin();
    drop(withdrawal);
    assert_eq!(budget.available(), 0.0, "the dependency had the request");
    budget.reset();
    let mut withdrawal = take();
    withdrawal.begin();
    withdrawal.succeeded();
    assert_eq!(budget.available(), 1.0);
}

#[test]
fn a_refusal_tells_what_was_there_and_until_when() {
    let budget = budget(1);
    take(&budget).failed();
    pass(10 * SECOND);
    let refused = budget.try_withdraw(Kind::Transient).unwrap_err();
    assert_eq!((refused.available(), refused.cost()), (0.333, 1.0));
    assert_eq!(refused.wait(), Some(20 * SECOND));
    assert_eq!(budget.would_admit_at(Kind::Transient), Some(clock() + 20 * SECOND));
    pass(20 * SECOND);
    assert!(budget.try_withdraw(Kind::Transient).is_ok());
}

#[test]
fn a_first_success_puts_a_tenth_back_and_a_full_bucket_takes_no_more() {
    check(budget(2), "first fail 7*first lost 7*first", "2 1 1.7 1.7 2");
}

#[test]
fn a_plain_ratio_earns_from_calls_that_fail_too() {
    check(of(BudgetSettings::sre().start(0.0)), "10*lost", "1");
}

#[test]
fn charged_failures_count_when_they_are_not_retried_and_come_back_by_successes_only() {
    check(of(BudgetSettings::grpc()), "drop final ok", "9 8 7.1");
}

#[test]
fn of_many_threads_no_more_get_through_than_there_are_tokens() {
    let budget = budget(10);
    let admitted: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    (0..10)
                        .filter_map(|_| budget.try_withdraw(Kind::Transient).ok())
                        .map(Withdrawal::failed)
                        .count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(admitted, 10);
}

#[test]
fn by_default_time_pays_a_token_a_minute() {
    let budget = of(BudgetSettings::new());
    take(&budget).failed();
    assert_eq!(budget.would_admit_at(Kind::Transient), Some(clock()));
    (0..5).for_each(|_| take(&budget).failed());
    assert_eq!((budget.owed(), budget.capacity()), (6.0, 6.0));
    assert_eq!(budget.would_admit_at(Kind::Transient), Some(clock() + 60 * SECOND));
}

#[test]
fn the_time_of_a_budget_begins_with_its_first_call() {
    let budget = of(BudgetSettings::new());
    budget.deposit_success();
    pass(60 * SECOND);
    assert_eq!(budget.capacity(), 6.025, "a call in 60 s is half a call in 30 s");
}

#[test]
fn a_capacity_follows_the_calls_that_are_reported_and_falls_when_they_stop() {
    let budget = of(BudgetSettings::new());
    for _ in 0..300 {
        (0..4).for_each(|_| budget.deposit_success());
        budget.deposit_failure();
        pass(SECOND);
        drop(budget.try_withdraw(Kind::Transient));
    }
    assert_eq!(budget.capacity().round(), 13.0, "150 calls in 30 s, less those of this second");
    pass(60 * SECOND);
    assert_eq!((budget.capacity(), budget.available()), (6.0, 6.0));
}

#[test]
fn retries_after_the_third_owe_nothing_as_long_as_there_are_few_calls() {
    let free = |budget: &Budget, retry| {
        let withdrawal = budget.try_withdraw_for(Kind::Transient, retry).unwrap();
        let cost = withdrawal.cost();
        withdrawal.failed();
        cost == 0.0
    };
    let lone = of(BudgetSettings::new());
    lone.deposit_failure();
    let charged: Vec<u32> = (1..=20).filter(|retry| !free(&lone, *retry)).collect();
    assert_eq!(charged, [1, 2, 3]);
    let busy = of(BudgetSettings::new());
    (0..4).for_each(|_| busy.deposit_failure());
    assert!(!free(&busy, 4));
    pass(30 * SECOND);
    assert!(free(&busy, 4));
    let fixed = of(BudgetSettings::new().capacity(20));
    assert!(!free(&fixed, 4), "a capacity that is set charges every retry");
}

#[test]
fn a_success_after_a_free_retry_gives_back_what_was_owed_for_it_and_no_more() {
    let settings = BudgetSettings::new().refund(Refund::Tokens(2.0));
    let budget = of(settings);
    (0..3).for_each(|_| take(&budget).failed());
    budget.try_withdraw_for(Kind::Transient, 4).unwrap().succeeded();
    assert_eq!(budget.owed(), 3.0);
    let throttled = of(BudgetSettings::new());
    throttled.try_withdraw(Kind::Throttled).unwrap().failed();
    throttled.try_withdraw(Kind::Throttled).unwrap().succeeded();
    assert_eq!(throttled.owed(), 0.5);
}

#[test]
fn a_budget_whose_settings_change_goes_on_owing_at_most_its_new_capacity() {
    let budget = budget(10);
    (0..10).for_each(|_| take(&budget).failed());
    let with = |capacity| Some(BudgetSettings::new().capacity(capacity));
    budget.change(with(9));
    assert_eq!((budget.owed(), budget.available()), (9.0, 0.0));
    budget.change(with(20));
    assert_eq!((budget.owed(), budget.capacity()), (9.0, 20.0));
    assert_eq!(budget.settings().capacity, Some(20));
    budget.change(None);
    assert_eq!((budget.owed(), budget.capacity()), (9.0, 10.0));
}

proptest! {
    /// A dead dependency sees little more than its load, whatever the pattern of calls.
    #[test]
    fn without_successes_no_more_retries_are_admitted_than_capacity_and_time_pay_for(
        gaps in prop::collection::vec(0u64..20_000, 1..200),
    ) {
        let (budget, start) = (budget(10), clock());
        // The budget counts from its first look at the clock.
        budget.available();
        let mut retries = 0u64;
        for gap in gaps {
            pass(Duration::from_millis(gap));
            if let Ok(withdrawal) = budget.try_withdraw(Kind::Transient) {
                withdrawal.failed();
                retries += 1;
            }
        }
        prop_assert!(retries <= 10 + (clock() - start).as_secs() / 30);
    }

    /// Conserved: what is out as guards and what is in the bucket make up the capacity.
    #[test]
    fn tokens_are_conserved_under_any_order_of_success_failure_drop_and_panic(
        moves in prop::collection::vec(0u8..5, 0..100),
    ) {
        let settings = BudgetSettings::new().capacity(10).no_refill().charge(Charge::Retries);
        let budget = of(settings);
        let (mut out, mut spent) = (Vec::new(), 0.0);
        for step in moves {
            match step {
                0 => out.extend(budget.try_withdraw(Kind::Transient).ok()),
                1 => drop(out.pop()),
                2 => out.pop().map(Withdrawal::succeeded).unwrap_or(()),
                3 if !out.is_empty() => {
                    out.pop().map(Withdrawal::failed).unwrap_or(());
                    spent += 1.0;
                }
                _ => {
                    let guard = out.pop();
                    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                        let _guard = guard;
                        std::panic::resume_unwind(Box::new(()));
                    }));
                    prop_assert!(panicked.is_err());
                }
            }
            prop_assert_eq!(budget.available() + out.len() as f64 + spent, 10.0);
        }
    }
}
