//! The estimate of a volume, and the capacity that follows it.

use proptest::prelude::*;

use super::*;
use crate::base::clock::fake::{clock, pass};
use crate::budget::bucket::{Bucket, Verdict, tokens};
use crate::budget::{Budget, BudgetSettings};
use crate::failure::class::Kind;

const fn calls(number: u64) -> MilliCalls {
    MilliCalls(number * 1_000)
}

#[test]
fn a_capacity_is_six_and_a_twentieth_and_at_most_twenty() {
    let rows =
        [(0, 6_000), (1, 6_050), (20, 7_000), (279, 19_950), (280, 20_000), (21_000, 20_000)];
    for (volume, capacity) in rows {
        assert_eq!(OF_SITE.at(calls(volume)), capacity, "{volume} calls");
    }
    let rows = [(0, 3_000), (7, 3_700), (170, 20_000), (1_000, 20_000)];
    for (volume, capacity) in rows {
        assert_eq!(OF_KEY.at(calls(volume)), capacity, "{volume} calls of a key");
    }
}

#[test]
fn a_volume_decays_over_the_window_and_after_a_gap_it_is_the_mean_of_the_gap() {
    assert_eq!(calls(30).after(10_000, 0), calls(20));
    assert_eq!(calls(30).after(10_000, 5), calls(25));
    assert_eq!(calls(30).after(30_000, 0), calls(0));
    assert_eq!(calls(30).after(60_000, 8), calls(4), "not 8: they came in twice the window");
    assert_eq!(calls(u64::MAX / 1_000).after(0, u64::MAX), MilliCalls(u64::MAX));
}

/// A counter that never decays would stay at the rate of a busy hour for ever when it is asked every few milliseconds.
#[test]
fn a_volume_that_is_asked_every_three_milliseconds_falls_like_any_other() {
    let volume = Volume::new(OF_SITE);
    (0..600).for_each(|_| _ = volume.count());
    assert_eq!(volume.take(0), calls(600));
    let mut last = calls(600);
    for now in (0..60_000).step_by(3) {
        last = volume.take(now);
    }
    assert!(last < calls(90), "{last:?} after a minute without a call");
}

#[test]
fn a_look_stores_nothing() {
    let volume = Volume::new(OF_SITE);
    let _ = volume.count();
    assert_eq!(volume.look(100_000), volume.look(100_000));
    assert_eq!(volume.take(100_000), MilliCalls(300), "one call in 100 s");
    let _ = volume.count();
    assert_eq!(volume.look(115_000), MilliCalls(1_150));
    assert_eq!(volume.look(115_000), MilliCalls(1_150));
}

#[test]
fn a_clock_that_goes_back_loses_no_calls() {
    let volume = Volume::new(OF_SITE);
    (0..30).for_each(|_| _ = volume.count());
    assert_eq!(volume.take(10_000), calls(30));
    let _ = volume.count();
    assert_eq!(volume.look(5_000), calls(31));
    assert_eq!(volume.take(5_000), calls(31));
    assert_eq!(volume.take(5_000), calls(31), "the sample starts anew, and the call counts once");
}

#[test]
fn a_capacity_is_certain_for_a_second_after_its_sample_and_not_before() {
    let volume = Volume::new(OF_SITE);
    (0..30).for_each(|_| _ = volume.count());
    assert_eq!(volume.certain.at(30_000), None);
    assert_eq!(volume.take(30_000), calls(30));
    assert_eq!(volume.certain.at(30_000), Some(OF_SITE.at(calls(29))));
    assert_eq!(volume.certain.at(30_999), Some(OF_SITE.at(calls(29))));
    assert_eq!(volume.certain.at(31_000), None, "a sample is due");
    assert_eq!(volume.certain.at(29_999), None, "the clock went back");
}

#[derive(Debug)]
struct Function(AtomicU64, Duration);

impl Calls for Function {
    fn calls(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn counted_for(&self) -> Duration {
        self.1
    }
}

#[test]
fn the_calls_of_a_day_before_the_first_failure_are_not_taken_for_those_of_half_a_minute() {
    static FUNCTION: Function = Function(AtomicU64::new(1_440), Duration::from_secs(86_400));
    let volume = Volume::new(OF_SITE);
    volume.set_sources(&[&FUNCTION]);
    assert_eq!(volume.take(0), MilliCalls(500), "a call a minute");
}

#[test]
fn a_function_that_joins_later_brings_no_calls_from_before() {
    static FIRST: Function = Function(AtomicU64::new(30), Duration::from_secs(30));
    static LATER: Function = Function(AtomicU64::new(100_000), Duration::from_secs(86_400));
    let volume = Volume::new(OF_SITE);
    volume.set_sources(&[&FIRST]);
    assert_eq!(volume.take(0), calls(30));
    volume.set_sources(&[&FIRST, &LATER]);
    assert_eq!(volume.take(1_000), calls(29));
    LATER.0.fetch_add(2, Ordering::Relaxed);
    assert_eq!(volume.take(1_000), calls(31));
    volume.set_sources(&[]);
    LATER.0.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(volume.take(1_000), calls(29));
}

proptest! {
    /// `per_second` calls in each second, those of the first half minute seen, and a question after each of these numbers of milliseconds.
    #[test]
    fn a_steady_rate_is_seen_as_it_is_however_often_the_budget_asks(
        per_second in 1u64..1_000,
        gaps in prop::collection::vec(1u64..70_000, 1..60),
    ) {
        let volume = Volume::new(OF_SITE);
        let (mut now, mut counted) = (30_000, 30 * per_second);
        (0..counted).for_each(|_| _ = volume.count());
        let _ = volume.take(now);
        for gap in gaps {
            now += gap;
            let made = now * per_second / 1_000;
            (counted..made).take(2_000_000).for_each(|_| _ = volume.count());
            counted = made;
            let seen = volume.take(now).0;
            let right = per_second * 30 * 1_000;
            // A call is whole: up to two of them are counted on the wrong side of a sample's moment.
            prop_assert!(seen.abs_diff(right) <= 3_000 + right / 50, "{seen} at {now}, not {right}");
        }
    }

    /// A budget that trusts this bound would otherwise admit a retry that its capacity does not bear.
    #[test]
    fn a_certain_capacity_is_never_above_the_capacity(
        steps in prop::collection::vec((0u64..2_500, 0u32..400), 1..60),
    ) {
        let (volume, mut now) = (Volume::new(OF_SITE), 0);
        for (gap, new) in steps {
            now += gap;
            (0..new).for_each(|_| _ = volume.count());
            if let Some(certain) = volume.certain.at(now) {
                prop_assert!(certain <= volume.capacity(now));
            } else {
                let _ = volume.take(now);
            }
        }
    }

    #[test]
    fn a_budget_decides_as_if_it_read_the_counters_for_each_retry(
        steps in prop::collection::vec((0u64..3_000, 0u32..300, 0u8..5, any::<bool>()), 1..80),
    ) {
        let settings = BudgetSettings::new();
        let (bucket, budget) = (Bucket::new(settings, OF_SITE), Budget::new(settings).with_clock(clock));
        let (volume, start) = (Volume::new(OF_SITE), clock());
        let mut state = bucket.start();
        // The budget counts from its first look at the clock.
        budget.available();
        for (gap, new, asked, refunded) in steps {
            pass(Duration::from_millis(gap));
            let now = (clock() - start).as_millis() as u64;
            (0..new).for_each(|_| { budget.count(); _ = volume.count() });
            for _ in 0..asked {
                let cost = bucket.cost(Kind::Transient);
                let verdict = bucket.withdraw(now, state, cost, OF_SITE.at(volume.take(now)));
                let admitted = matches!(verdict, Verdict::Admitted(_));
                let (Verdict::Admitted(next) | Verdict::Refused(next)) = verdict;
                state = if refunded && admitted { next.less(cost) } else { next };
                match budget.try_withdraw(Kind::Transient) {
                    Ok(retry) if refunded => retry.succeeded(),
                    Ok(retry) => retry.failed(),
                    Err(refused) => prop_assert_eq!(refused.owed(), tokens(state.owed())),
                }
                let owed = bucket.owes(now, state, OF_SITE.at(volume.look(now)));
                prop_assert_eq!(budget.owed(), tokens(owed));
            }
        }
    }

    #[test]
    fn no_numbers_overflow(volume: u64, elapsed: u64, new: u64, in_flight: u64) {
        let after = MilliCalls(volume).after(elapsed, new);
        let _ = after.is_few(in_flight);
        prop_assert!(OF_SITE.at(after) <= 20_000 && OF_KEY.at(after) <= 20_000);
    }
}
