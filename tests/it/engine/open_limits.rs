//! Limits that end no attempt: `no_retry_after`, `reset_after`, and calls without a limit on their attempts.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use retry_runtime::budget::{Budget, BudgetSettings, Refund};
use retry_runtime::{
    Backoff, Classify, DelaySource, Hint, Jitter, Policy, Report, StopReason, live, observe,
    observe_blocking, retryable, site,
};

use super::{every, ms, secs};
use crate::virtual_time::{advance, virtually};

/// A failure that no interruption can become: nothing may cut an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Classify)]
enum Broken {
    #[classify(transient)]
    Link,
    #[classify(throttled, after = wait)]
    Busy { wait: Duration },
}

/// Makes a call whose attempts fail after these times, and then succeeds; in both engines, on virtual time.
fn runs(policy: Policy, times: &[Duration]) -> [Report; 2] {
    let time_of = |number: u32| times.get(number as usize - 1).copied();
    let outcome = |number: u32| if time_of(number).is_some() { Err(Broken::Link) } else { Ok(()) };
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let call = policy.call_async_mut(async |attempt| {
        tokio::time::sleep(time_of(attempt.number()).unwrap_or_default()).await;
        outcome(attempt.number()).map_err(|_| std::io::ErrorKind::ConnectionRefused.into())
    });
    let (_, by_task): (std::io::Result<()>, Report) = paused.block_on(observe(call));
    let (_, by_thread) = virtually(|| {
        observe_blocking(|| {
            policy.call(|attempt| {
                advance(time_of(attempt.number()).unwrap_or_default());
                outcome(attempt.number())
            })
        })
    });
    [by_task, by_thread]
}

#[track_caller]
fn check(policy: Policy, times: &[Duration], reason: StopReason, starts: &[u64]) {
    for report in runs(policy, times) {
        let started: Vec<Duration> = report.attempts.iter().map(|it| it.started).collect();
        let expected: Vec<Duration> = starts.iter().copied().map(secs).collect();
        assert_eq!((started, report.reason), (expected, reason), "{report:#}");
    }
}

#[test]
fn no_attempt_begins_after_no_retry_after() {
    let policy = every(secs(1), 9).no_retry_after(secs(3));
    check(policy, &[secs(0); 9], StopReason::Deadline, &[0, 1, 2, 3]);
    check(policy, &[ms(0), secs(2)], StopReason::Deadline, &[0, 1]);
    let in_time = every(secs(1), 3).no_retry_after(secs(60));
    check(in_time, &[secs(0); 9], StopReason::Exhausted, &[0, 1, 2]);
}

#[test]
fn an_attempt_that_runs_at_no_retry_after_is_left_alone() {
    #[retryable(max = 9, base = "1s", jitter = none, no_retry_after = "3s")]
    async fn download(tries: &Cell<u32>) -> Result<u32, Broken> {
        tries.set(tries.get() + 1);
        if tries.get() == 1 {
            return Err(Broken::Link);
        }
        tokio::time::sleep(secs(3600)).await;
        Ok(tries.get())
    }
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    assert_eq!(paused.block_on(download(&Cell::new(0))), Ok(2));
}

#[test]
fn every_call_of_an_annotated_function_knows_when_it_started() {
    #[retryable(max = 9, base = "1s", jitter = none, no_retry_after = "30s", budget = none)]
    fn slow(tries: &Cell<u32>) -> Result<u32, Broken> {
        tries.set(tries.get() + 1);
        advance(secs(40));
        Err(Broken::Link)
    }
    const PRESET: Policy = Policy::new().no_retry_after(secs(30)).jitter(Jitter::None);
    #[retryable(policy = PRESET, budget = none)]
    async fn slow_by_preset(tries: &Cell<u32>) -> Result<u32, Broken> {
        tries.set(tries.get() + 1);
        tokio::time::sleep(secs(40)).await;
        Err(Broken::Link)
    }
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    // The first call of a function has another path than the later ones.
    for _ in 0..3 {
        let tries = Cell::new(0);
        let (_, report) = virtually(|| observe_blocking(|| slow(&tries)));
        assert_eq!((tries.get(), report.reason), (1, StopReason::Deadline));
        let _ = virtually(|| slow(&tries));
        assert_eq!(tries.get(), 2, "without an observer");
        let tries = Cell::new(0);
        assert!(paused.block_on(slow_by_preset(&tries)).is_err());
        assert_eq!(tries.get(), 1);
    }
}

#[test]
fn a_hint_beyond_no_retry_after_stops_the_call() {
    let policy = every(secs(1), 9).no_retry_after(secs(5));
    let call = |wait| observe_blocking(|| policy.call(|_| Err::<(), _>(Broken::Busy { wait })));
    let (_, report) = virtually(|| call(secs(6)));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::RetryAfterTooLong, 1));
    let (_, report) = virtually(|| call(secs(4)));
    assert_eq!(report.attempts_made(), 2);
    assert!(report.attempts[1].started <= secs(5), "the spread ends in time: {report:?}");
}

const GROWING: Policy = Policy::new().max(2).jitter(Jitter::None);

#[test]
fn a_healthy_attempt_begins_the_attempts_and_the_backoff_anew() {
    let policy = GROWING.reset_after(secs(60));
    // Three failures, the third after a healthy run: it is the first of a new row.
    let times = [secs(0), secs(0), secs(60), secs(0), secs(0), secs(0)];
    check(policy, &times, StopReason::Exhausted, &[0, 1, 3, 64, 66]);
    // A second less is no healthy run.
    let times = [secs(0), secs(0), secs(59), secs(0)];
    check(policy, &times, StopReason::Exhausted, &[0, 1, 3]);
    // The first attempt can be healthy, too, and so can all of them.
    let times = [secs(100); 5];
    check(policy, &times, StopReason::Success, &[0, 101, 202, 303, 404, 505]);
}

#[test]
fn a_healthy_attempt_begins_the_time_of_no_retry_after_anew() {
    let policy = every(secs(1), 9).reset_after(secs(60)).no_retry_after(secs(2));
    let times = [secs(0), secs(90), secs(0), secs(0), secs(0)];
    check(policy, &times, StopReason::Deadline, &[0, 1, 92, 93]);
}

#[test]
fn numbers_and_the_id_go_on_after_a_healthy_attempt_and_the_limit_follows() {
    let seen = RefCell::new(Vec::new());
    let _ = virtually(|| {
        GROWING.reset_after(secs(60)).call(|attempt| {
            let limit = attempt.limit();
            seen.borrow_mut().push((attempt.number(), limit, attempt.is_last(), attempt.call_id()));
            advance(if attempt.number() == 3 { secs(60) } else { secs(0) });
            Err::<(), _>(Broken::Link)
        })
    });
    let seen = seen.into_inner();
    let told: Vec<_> =
        seen.iter().map(|(number, limit, last, _)| (*number, *limit, *last)).collect();
    let expected = [
        (1, Some(3), false),
        (2, Some(3), false),
        (3, Some(3), true),
        (4, Some(5), false),
        (5, Some(5), true),
    ];
    assert_eq!(told, expected);
    assert!(seen.iter().all(|(.., id)| *id == seen[0].3));
}

#[test]
fn a_healthy_attempt_pays_into_the_budget_like_a_success() {
    static BUDGET: Budget = Budget::new(
        BudgetSettings::new().capacity(10).deposit(0.5).refund(Refund::Cost).no_refill(),
    );
    #[retryable(max = 2, base = "0s", reset_after = "1m", budget = BUDGET)]
    fn follow(times: &[Duration], tries: &Cell<usize>) -> Result<(), Broken> {
        let time = times.get(tries.get());
        tries.set(tries.get() + 1);
        advance(time.copied().unwrap_or_default());
        if time.is_some() { Err(Broken::Link) } else { Ok(()) }
    }
    let owed_after = |times: &[Duration]| {
        BUDGET.reset();
        let _ = virtually(|| follow(times, &Cell::new(0)));
        BUDGET.owed()
    };
    assert_eq!(owed_after(&[secs(0); 3]), 2.0, "two retries that failed");
    assert_eq!(owed_after(&[secs(0), secs(60)]), 0.0, "both retries were good bets");
    // The healthy retry is given back what it owed, the two after it owe.
    assert_eq!(owed_after(&[secs(0), secs(60), secs(0), secs(0)]), 2.0);
}

#[test]
fn a_call_that_tries_forever_outlasts_a_budget_that_is_spent() {
    static BUDGET: Budget =
        Budget::new(BudgetSettings::new().capacity(1).refund(Refund::Tokens(0.0)).no_refill());
    #[retryable(attempts = forever, base = "1s", cap = "8s", jitter = none, budget = BUDGET)]
    fn insist(tries: &Cell<u32>) -> Result<(), Broken> {
        tries.set(tries.get() + 1);
        if tries.get() < 9 { Err(Broken::Link) } else { Ok(()) }
    }
    let (result, report) = virtually(|| observe_blocking(|| insist(&Cell::new(0))));
    assert_eq!((result, report.attempts_made()), (Ok(()), 9));
    let held: Vec<_> = report
        .attempts
        .iter()
        .filter_map(|attempt| attempt.delay)
        .filter(|delay| delay.source == DelaySource::Budget)
        .collect();
    // The backoff reaches the cap at the fourth retry: a longer delay of its own stays.
    assert!(held.len() >= 2, "{report:#}");
    assert!(held.iter().all(|delay| secs(4) <= delay.length && delay.length <= secs(8)));
}

#[test]
fn the_arguments_are_the_settings_of_the_policy() {
    #[retryable(
        attempts = forever,
        base = "500ms",
        jitter = first(2.0),
        no_retry_after = "3m",
        hint = instead,
        hint_cap = clamp("10s"),
        name = "open_limits::all"
    )]
    fn all() -> Result<(), Broken> {
        Ok(())
    }
    #[retryable(attempts = unlimited, reset_after = "1m", jitter = decorrelated, factor = 2, name = "open_limits::row")]
    async fn row() -> Result<(), Broken> {
        Ok(())
    }
    let policy = |name| *site(name).unwrap().policy();
    let expected = Policy::new()
        .forever()
        .base(ms(500))
        .jitter(Jitter::First(2.0))
        .no_retry_after(secs(180))
        .hint(Hint::Instead)
        .hint_clamp(secs(10));
    assert_eq!(policy("open_limits::all"), expected);
    let expected =
        Policy::new().unlimited().reset_after(secs(60)).jitter(Jitter::Decorrelated).factor(2.0);
    assert_eq!(policy("open_limits::row"), expected);
    assert_eq!(all(), Ok(()));
    assert_eq!(super::ready(row()), Ok(()));
}

#[test]
fn jitter_on_the_first_delay_leaves_the_others_exact() {
    let policy = Policy::new().max(3).base(ms(500)).jitter(Jitter::First(2.0));
    let ranges: Vec<_> = policy
        .schedule()
        .map(|delay| (delay.shortest.as_millis(), delay.longest.as_millis()))
        .collect();
    assert_eq!(ranges, [(500, 1500), (1000, 1000), (2000, 2000)]);
    let seconds = |seed| policy.delays(seed).skip(1).collect::<Vec<_>>();
    assert_eq!(seconds(1), seconds(2));
}

#[test]
fn the_factor_is_the_reach_of_decorrelated_jitter() {
    let policy = Policy::new().max(3).base(secs(1)).jitter(Jitter::Decorrelated);
    let longest =
        |policy: Policy| policy.schedule().map(|it| it.longest.as_secs()).collect::<Vec<_>>();
    assert_eq!(longest(policy), [3, 9, 27]);
    assert_eq!(longest(policy.factor(2.0)), [2, 4, 8]);
    assert_eq!(longest(policy.factor(1.0)), [1, 1, 1]);
}

#[test]
fn a_list_that_the_program_computes_is_a_backoff() {
    let delays: Vec<Duration> = (1..4).map(|n| secs(n * n)).collect();
    let policy = Policy::new().max(4).backoff(Backoff::list(&delays).unwrap()).jitter(Jitter::None);
    check(policy, &[secs(0); 9], StopReason::Exhausted, &[0, 1, 5, 14, 23]);
}

#[tokio::test(start_paused = true)]
async fn the_list_of_live_calls_shows_the_limit_after_a_healthy_attempt() {
    #[retryable(max = 2, base = "1s", jitter = none, reset_after = "1m", name = "open_limits::live")]
    async fn follow(tries: &Cell<u32>) -> Result<(), Broken> {
        tries.set(tries.get() + 1);
        tokio::time::sleep(if tries.get() == 3 { secs(60) } else { secs(0) }).await;
        Err(Broken::Link)
    }
    let tries = Cell::new(0);
    let call = follow(&tries);
    let listed = async {
        let mut listed = Vec::new();
        for at in [ms(500), secs(2), secs(61)] {
            tokio::time::sleep(at).await;
            let calls = live::calls();
            let call = calls.iter().find(|call| call.name() == "open_limits::live").unwrap();
            listed.push((call.attempt(), call.limit()));
        }
        listed
    };
    let (_, listed) = tokio::join!(call, listed);
    assert_eq!(listed, [(1, Some(3)), (2, Some(3)), (3, Some(5))]);
}
