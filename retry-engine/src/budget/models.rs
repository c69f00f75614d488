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
fn loom_a_free_retry_beside_one_for_the_last_token_leaves_that_to_one_of_two() {
    loom::model(|| {
        // Six tokens, of which five are owed: the capacity follows the volume.
        let budget = Arc::new(Budget::new(BudgetSettings::new().start(1.0).no_refill()));
        let now = Moment::of(Instant::now());
        let other = Arc::clone(&budget);
        let take = move |budget: &Budget, free| {
            Budget::withdraw_for(budget, now, Kind::Transient, free).map(Withdrawal::failed).is_ok()
        };
        let thread = loom::thread::spawn(move || take(&other, false));
        let free = take(&budget, true);
        let here = take(&budget, false);
        assert!(free, "a free retry owes nothing, whoever has the last token");
        assert!(here ^ thread.join().unwrap());
        assert_eq!(budget.owed(), 6.0);
    });
}

#[test]
fn loom_a_deposit_races_a_withdrawal_and_none_is_lost() {
    loom::model(|| {
        let budget = Arc::new(Budget::new(BudgetSettings::new().capacity(2).start(1.0)));
        let other = Arc::clone(&budget);
        let thread = loom::thread::spawn(move || other.pay_off());
        budget.try_withdraw(Kind::Transient).unwrap().failed();
        thread.join().unwrap();
        assert_eq!(budget.owed(), 1.9);
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
