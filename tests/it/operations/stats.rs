use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};
use std::thread;

use retry_runtime::{Policy, Stats, retryable, site};

use super::{Cut, Down};

fn stats(name: &str) -> Stats {
    retry_runtime::stats(name).expect("the function is linked")
}

/// Fails `failures` times and then succeeds; a negative number means a permanent failure.
#[retryable(max = 3, base = "0s", budget = none, attempt = attempt, name = "stats::mixed")]
fn mixed(failures: i32) -> Result<u32, Down> {
    match u32::try_from(failures) {
        Err(_) => Err(Down::Unknown),
        Ok(failures) if attempt.number() <= failures => Err(Down::Down),
        Ok(_) => Ok(attempt.number()),
    }
}

#[test]
fn the_counts_of_eight_threads_are_consistent_at_any_moment() {
    let site = site("stats::mixed").expect("linked");
    let check = |stats: &Stats| {
        assert_eq!(stats.attempts, stats.calls() + stats.retries(), "{stats:?}");
        let by_attempt: u64 = stats.success_by_attempt.iter().sum();
        assert_eq!(stats.succeeded(), by_attempt, "{stats:?}");
        let by_reason: u64 = stats.reasons.all().map(|(_, count)| count).sum();
        assert_eq!(stats.calls(), by_reason, "{stats:?}");
        assert_eq!(stats.failures.total(), stats.attempts - stats.succeeded(), "{stats:?}");
    };
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    for round in 0..1_000 {
                        let _ = mixed(round % 6 - 1);
                    }
                })
            })
            .collect();
        while threads.iter().any(|thread| !thread.is_finished()) {
            check(&site.stats());
            thread::yield_now();
        }
    });
    let stats = site.stats();
    check(&stats);
    // 1000 rounds give 167 of each of the first four remainders and 166 of each other one.
    let (often, less) = (8 * 167, 8 * 166);
    assert_eq!((stats.calls(), stats.failed, stats.first_try), (8_000, often + less, often));
    assert_eq!(stats.success_by_attempt, [often, often, often, less]);
    assert_eq!(stats.retries_by_number, [often * 2 + less * 2, often + less * 2, less * 2]);
    assert_eq!((stats.wasted, stats.failures.permanent), (3 * less, often));
    assert_eq!((stats.reasons.permanent, stats.reasons.exhausted), (often, less));
}

#[test]
fn calls_that_recover_handles_are_counted_as_recovered() {
    fn otherwise(_: Down) -> Result<u32, Down> {
        Ok(0)
    }
    #[retryable(max = 1, base = "0s", recover = otherwise, name = "stats::recovered")]
    fn fails() -> Result<u32, Down> {
        Err(Down::Down)
    }
    #[retryable(max = 1, base = "0s", recover = otherwise, name = "stats::not_recovered")]
    fn works() -> Result<u32, Down> {
        Ok(1)
    }
    assert_eq!((fails(), works()), (Ok(0), Ok(1)));
    let failing = stats("stats::recovered");
    assert_eq!((failing.recovered, failing.failed, failing.calls()), (1, 0, 1));
    let working = stats("stats::not_recovered");
    assert_eq!((working.first_try, working.recovered, working.calls()), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_counts_as_cancelled_wherever_it_was() {
    #[retryable(max = 3, base = "1s", name = "stats::dropped")]
    async fn dropped(pending: bool) -> Result<u32, Down> {
        if pending {
            std::future::pending::<()>().await;
        }
        Err(Down::Down)
    }
    let drop_after_one_poll = |pending| {
        let mut call = pin!(dropped(pending));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    };
    drop_after_one_poll(true);
    drop_after_one_poll(false);
    drop(dropped(true));
    let stats = stats("stats::dropped");
    assert_eq!((stats.cancelled, stats.calls(), stats.attempts), (2, 2, 2));
    assert_eq!((stats.reasons.aborted, stats.failures.transient), (2, 1));
}

#[test]
fn a_call_whose_body_panics_counts_as_aborted() {
    #[retryable(max = 3, base = "0s", name = "stats::panics")]
    fn panics() -> Result<u32, Down> {
        panic!("at the disco")
    }
    assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
    let stats = stats("stats::panics");
    assert_eq!((stats.reasons.aborted, stats.cancelled, stats.attempts), (1, 1, 1));
}

#[test]
fn a_call_refused_by_a_breaker_is_counted_without_an_attempt() {
    #[retryable(max = 3, base = "0s", breaker, name = "stats::refused")]
    fn refused() -> Result<u32, Cut> {
        Ok(1)
    }
    assert_eq!(refused(), Ok(1));
    retry_runtime::breaker("stats::refused").expect("it has one").force_open();
    assert!(refused().is_err());
    let stats = stats("stats::refused");
    assert_eq!((stats.calls(), stats.unattempted, stats.attempts), (2, 1, 1));
    assert_eq!((stats.failed, stats.reasons.circuit_open), (1, 1));
    assert_eq!(stats.attempts, stats.calls() - stats.unattempted + stats.retries());
}

#[test]
fn clearing_resets_to_zero_and_later_calls_are_counted() {
    #[retryable(max = 1, base = "0s", name = "stats::cleared")]
    fn fetch(fails: bool) -> Result<u32, Down> {
        if fails { Err(Down::Down) } else { Ok(1) }
    }
    let _ = (fetch(false), fetch(false), fetch(true));
    assert!(retry_runtime::clear("stats::cleared"));
    assert_eq!(stats("stats::cleared"), Stats::default());
    assert_eq!(retry_runtime::history("stats::cleared"), Some(Vec::new()));
    let _ = fetch(false);
    assert_eq!((stats("stats::cleared").calls(), stats("stats::cleared").first_try), (1, 1));
    assert!(!retry_runtime::clear("stats::nobody"));
}

mod twins {
    use super::*;

    pub(super) struct One;
    pub(super) struct Two;

    impl One {
        #[retryable(max = 0, on = any)]
        pub(super) fn ask(&self) -> Result<u32, Down> {
            Ok(1)
        }
    }

    impl Two {
        #[retryable(max = 0, on = any)]
        pub(super) fn ask(&self) -> Result<u32, Down> {
            Ok(2)
        }
    }
}

#[test]
fn methods_of_two_types_are_counted_separately_and_found_without_their_types_too() {
    assert_eq!((twins::One.ask(), twins::Two.ask(), twins::Two.ask()), (Ok(1), Ok(2), Ok(2)));
    assert_eq!(stats(concat!(module_path!(), "::twins::One::ask")).calls(), 1);
    assert_eq!(stats(concat!(module_path!(), "::twins::Two::ask")).calls(), 2);
    let name = concat!(module_path!(), "::twins::ask");
    let found = retry_runtime::sites_named(name);
    let calls: Vec<_> = found.iter().map(|site| site.stats().calls()).collect();
    assert_eq!(calls, [1, 2]);
    assert!(std::ptr::eq(site(name).expect("there is one"), found[0]));
}

#[test]
fn a_call_without_a_site_is_not_counted() {
    let before = retry_runtime::sites().count();
    assert_eq!(Policy::new().call(|_| Ok::<_, Down>(1)), Ok(1));
    assert_eq!(retry_runtime::sites().count(), before);
}

#[test]
fn statistics_and_past_calls_serialize() {
    #[retryable(max = 1, base = "0s", name = "stats::data")]
    fn fetch() -> Result<u32, Down> {
        Err(Down::Down)
    }
    let _ = fetch();
    let data = serde_json::to_value(stats("stats::data")).expect("numbers");
    assert_eq!((&data["failed"], &data["reasons"]["exhausted"]), (&1.into(), &1.into()));
    let past = retry_runtime::history("stats::data").expect("linked");
    let data = serde_json::to_value(past).expect("texts and numbers");
    assert_eq!(data[0]["report"]["attempts"][1]["error"], "down");
    assert_eq!(data[0]["report"]["reason"], "exhausted");
}

#[test]
fn a_value_that_retry_if_always_rejects_is_returned_and_not_recovered() {
    fn otherwise(_: Down) -> Result<u32, Down> {
        Ok(7)
    }
    #[retryable(max = 1, base = "0s", retry_if = |n| *n == 0, recover = otherwise, name = "stats::rejected")]
    fn fetch() -> Result<u32, Down> {
        Ok(0)
    }
    assert_eq!(fetch(), Ok(0));
    let stats = stats("stats::rejected");
    assert_eq!((stats.recovered, stats.failed, stats.reasons.exhausted), (0, 1, 1));
}
