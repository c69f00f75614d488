//! Loom models: every interleaving of two threads around the word.

use super::*;
use loom::sync::Arc;

#[test]
fn loom_of_two_threads_that_race_for_the_last_token_one_gets_it() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(1)));
        let other = Arc::clone(&budget);
        let take = move |budget: &Budget| match budget.try_withdraw(Kind::Transient) {
            Ok(withdrawal) => {
                withdrawal.failed();
                1
            }
            Err(_) => 0,
        };
        let thread = loom::thread::spawn(move || take(&other));
        let here = take(&budget);
        assert_eq!(here + thread.join().unwrap(), 1);
        assert_eq!(budget.available(), 0.0);
    });
}

#[test]
fn loom_who_is_too_late_for_one_step_pays_in_several_and_no_token_is_taken_twice() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(2)));
        let now = Moment::of(Instant::now());
        let other = Arc::clone(&budget);
        let take = move |budget: &Budget| match budget.withdraw_at(now, Kind::Transient) {
            Some(withdrawal) => withdrawal.failed(),
            None => budget.try_withdraw_at(now, Kind::Transient).unwrap().failed(),
        };
        let thread = loom::thread::spawn(move || take(&other));
        take(&budget);
        thread.join().unwrap();
        assert!(budget.withdraw_at(now, Kind::Transient).is_none());
        assert!(budget.try_withdraw_at(now, Kind::Transient).is_err());
    });
}

#[test]
fn loom_a_refund_races_a_withdrawal_and_no_token_is_lost_or_made() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(2)));
        let other = Arc::clone(&budget);
        let thread = loom::thread::spawn(move || {
            drop(other.try_withdraw(Kind::Transient).unwrap());
        });
        budget.try_withdraw(Kind::Transient).unwrap().failed();
        thread.join().unwrap();
        assert_eq!(budget.available(), 1.0);
    });
}
