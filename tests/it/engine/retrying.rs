//! Calls by `Policy::retrying`: the arguments of the attribute, for code that cannot be annotated.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::budget::{Budget, BudgetSettings};
use retry_runtime::{
    CancelToken, Class, Interruption, Kind, Policy, StopReason, history, observe, site, stats,
};
use tokio::time::{Instant, sleep};

use super::{Failure, ms, secs};

const QUICK: Policy = Policy::new().max(3).base(Duration::ZERO);

/// An error that nothing classifies and that no interruption becomes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Plain {
    Busy,
    Wrong,
}

#[test]
fn a_closure_may_change_what_it_captures_and_is_told_its_attempt() {
    let mut seen = Vec::new();
    let result = QUICK
        .retrying(|attempt| {
            seen.push((attempt.number(), attempt.limit(), attempt.call_id()));
            if attempt.number() == 3 { Ok("done") } else { Err(Failure::Refused) }
        })
        .run();
    assert_eq!(result, Ok("done"));
    let numbers: Vec<_> = seen.iter().map(|(number, limit, _)| (*number, *limit)).collect();
    assert_eq!(numbers, [(1, Some(4)), (2, Some(4)), (3, Some(4))]);
    assert!(seen.iter().all(|(.., id)| *id == seen[0].2), "one call has one id");
}

#[tokio::test]
async fn an_awaited_closure_is_retried_too_and_its_future_can_be_spawned() {
    static POLICY: Policy = QUICK;
    let made = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let counted = Arc::clone(&made);
    let call = POLICY.retrying(move |_| {
        let made = Arc::clone(&counted);
        async move {
            tokio::task::yield_now().await;
            match made.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                2 => Ok(7),
                _ => Err(Failure::Refused),
            }
        }
    });
    assert_eq!(tokio::spawn(call.into_future()).await.unwrap(), Ok(7));
}

#[tokio::test]
async fn captures_need_be_neither_sync_nor_send_where_the_future_stays_here() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let shared = Rc::clone(&log);
    let result = QUICK
        .retrying(move |attempt| {
            shared.borrow_mut().push(attempt.number());
            async move { if attempt.is_last() { Ok(()) } else { Err(Failure::Refused) } }
        })
        .await;
    assert_eq!((result, &*log.borrow()), (Ok(()), &vec![1, 2, 3, 4]));
}

struct Client(u32);

impl Client {
    async fn get(&mut self) -> Result<u32, Failure> {
        tokio::task::yield_now().await;
        self.0 += 1;
        if self.0 < 3 { Err(Failure::Refused) } else { Ok(self.0) }
    }
}

#[tokio::test]
async fn a_client_with_mutable_methods_is_borrowed_by_one_attempt_after_the_other() {
    let mut client = Client(0);
    assert_eq!(QUICK.retrying_mut(async |_| client.get().await).await, Ok(3));
    let report = QUICK.max(0).retrying_mut(async |_| Client(0).get().await).report().await;
    assert_eq!(report.unwrap_err().report().reason, StopReason::Exhausted);
}

#[test]
fn retrying_any_repeats_every_failure_and_when_chooses() {
    let made = Cell::new(0);
    let work = |_| {
        made.set(made.get() + 1);
        Err::<(), _>(if made.get() == 2 { Plain::Wrong } else { Plain::Busy })
    };
    assert_eq!(QUICK.retrying_any(work).run(), Err(Plain::Busy));
    assert_eq!(made.replace(0), 4);
    assert_eq!(
        QUICK.retrying_any(work).when(|error| *error == Plain::Busy).run(),
        Err(Plain::Wrong)
    );
    assert_eq!(made.get(), 2);
}

#[test]
fn a_judge_answers_with_a_bool_a_kind_a_class_or_a_delay_and_the_error_needs_nothing() {
    let made = Cell::new(0);
    let work = |_| {
        made.set(made.get() + 1);
        Err::<(), _>(Plain::Busy)
    };
    let _ = QUICK.retrying(work).judge(|_, attempt| attempt.number() < 3).run();
    assert_eq!(made.replace(0), 3, "a bool");
    let _ = QUICK.retrying(work).judge(|_, _| Kind::Ambiguous).run();
    assert_eq!(made.replace(0), 1, "a kind");
    let _ = QUICK.idempotent(true).retrying(work).judge(|_, _| Class::new(Kind::Ambiguous)).run();
    assert_eq!(made.replace(0), 4, "a class");
    let _ = QUICK.retrying(work).judge(|_, _| None::<Duration>).run();
    assert_eq!(made.replace(0), 1, "no delay");
}

#[tokio::test(start_paused = true)]
async fn the_delay_of_a_judge_is_a_hint() {
    let start = Instant::now();
    let policy = Policy::new().max(1).base(ms(1));
    let call = policy.retrying(|_| async { Err::<(), _>(Plain::Busy) });
    let error = call.judge(|_, _| Some(secs(5))).report().await.unwrap_err();
    assert!(start.elapsed() >= secs(5), "{:?}", start.elapsed());
    assert!(start.elapsed() <= secs(7), "{:?}", start.elapsed());
    assert_eq!(error.report().attempts[0].kind, Some(Kind::Throttled));
}

#[tokio::test(start_paused = true)]
async fn a_value_is_retried_after_the_delay_that_it_carries_and_returned_in_the_end() {
    let start = Instant::now();
    let policy = Policy::new().max(1).base(ms(1));
    let call = policy.retrying(|_| async { Ok::<_, Failure>(503) });
    let value = call.retry_if(|status| (*status == 503).then_some(secs(5))).await;
    assert_eq!(value, Ok(503));
    assert!(start.elapsed() >= secs(5) && start.elapsed() <= secs(7), "{:?}", start.elapsed());
    let made = Cell::new(0);
    let call = policy.retrying(|_| {
        made.set(made.get() + 1);
        Ok::<_, Failure>(200)
    });
    assert_eq!(call.retry_if(|status| *status == 503).run(), Ok(200));
    assert_eq!(made.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn without_limited_a_deadline_ends_the_call_between_its_attempts() {
    let start = Instant::now();
    let policy = Policy::new().unlimited().base(secs(1)).backoff(retry_runtime::Backoff::Fixed);
    let policy = policy.deadline(secs(3)).jitter(retry_runtime::Jitter::None);
    let call = policy.retrying(|_| async {
        sleep(ms(900)).await;
        Err::<(), _>(Plain::Busy)
    });
    assert_eq!(call.judge(|_, _| true).await, Err(Plain::Busy));
    assert_eq!(start.elapsed(), ms(2_800), "the third attempt would begin after 3.8 s");
}

#[tokio::test(start_paused = true)]
async fn limited_cuts_an_attempt_off_and_the_error_says_so() {
    let policy = Policy::new().timeout(ms(100)).idempotent(false);
    let call = policy.retrying(|_| async {
        sleep(secs(1)).await;
        Ok::<_, Failure>(())
    });
    let start = Instant::now();
    assert_eq!(call.limited().await, Err(Failure::Cut(Interruption::TimedOut { after: ms(100) })));
    assert_eq!(start.elapsed(), ms(100));
}

#[tokio::test(start_paused = true)]
async fn a_token_ends_the_call_and_is_asked_before_the_first_attempt() {
    let token = CancelToken::new();
    token.cancel();
    let made = Cell::new(0);
    let call = QUICK.retrying(|_| {
        made.set(made.get() + 1);
        async { Ok::<_, Failure>(()) }
    });
    assert_eq!(call.cancel(&token).await, Err(Failure::Cut(Interruption::Cancelled)));
    assert_eq!(made.get(), 0);
}

#[test]
fn a_breaker_records_each_attempt_and_refuses_when_open_in_whatever_order_it_is_given() {
    static BREAKER: Breaker = Breaker::new("retrying", BreakerSettings::new().consecutive(2));
    let fail = |_| Err::<(), _>(Failure::Reset);
    let policy = QUICK.idempotent(true);
    let first = policy.retrying(fail).breaker(&BREAKER).cancel(CancelToken::new()).report().run();
    assert_eq!(first.unwrap_err().report().attempts.len(), 2);
    let second = policy.retrying(fail).limited().breaker(&BREAKER).run();
    assert!(matches!(second, Err(Failure::Cut(Interruption::CircuitOpen { .. }))), "{second:?}");
}

#[test]
fn a_budget_of_the_call_s_own_pays_for_its_retries() {
    static BUDGET: Budget = Budget::new(BudgetSettings::new().capacity(2));
    let made = Cell::new(0);
    let policy = Policy::new().max(9).base(Duration::ZERO);
    let call = policy.retrying(|_| {
        made.set(made.get() + 1);
        Err::<(), _>(Failure::Refused)
    });
    let error = call.budget(&BUDGET).report().run().unwrap_err();
    assert_eq!((made.get(), error.report().reason), (3, StopReason::Budget));
}

#[test]
fn a_named_call_leaves_what_an_annotated_function_leaves() {
    for left in [0, 1, 9] {
        let mut left = left;
        let call = QUICK.retrying(|_| match left {
            0 => Ok(()),
            _ => {
                left -= 1;
                Err(Failure::Refused)
            }
        });
        let _ = call.named("retrying::named").run();
    }
    let stats = stats("retrying::named").expect("the site is listed");
    assert_eq!((stats.calls(), stats.first_try, stats.after_retry), (3, 1, 1));
    let past = history("retrying::named").expect("the site is listed");
    assert_eq!(past.len(), 2);
    assert_eq!(past[1].report.attempts[0].error.as_deref(), Some("connection refused"));
    assert!(site("retrying::named").is_some_and(|site| site.file().ends_with("retrying.rs")));
}

#[tokio::test]
async fn an_observer_around_gets_the_report() {
    let call = QUICK.retrying(|_| async { Err::<(), _>(Failure::Refused) });
    let (result, report) = observe(call.into_future()).await;
    assert_eq!((result, report.attempts.len()), (Err(Failure::Refused), 4));
}

#[test]
fn a_policy_that_is_not_valid_fails_no_call() {
    let wrong = Policy::new().max(2).factor(f64::NAN).base(secs(9)).cap(Duration::ZERO);
    let mut made = 0;
    let call = wrong.retrying(|_| {
        made += 1;
        Err::<(), _>(Failure::Refused)
    });
    assert_eq!(call.run(), Err(Failure::Refused));
    assert_eq!(made, 3);
    assert_eq!(wrong.call(|_| Ok::<_, Failure>(1)), Ok(1));
}

#[test]
fn a_described_error_is_told_in_its_own_words() {
    let work = |_| Err::<(), _>("down for maintenance");
    let error = QUICK.max(0).retrying_any(work).described().report().run().unwrap_err();
    assert_eq!(error.report().attempts[0].error.as_deref(), Some("down for maintenance"));
}

#[test]
fn a_panic_in_the_closure_reaches_the_caller_and_ends_the_call() {
    let call = || {
        QUICK
            .retrying(|_| -> Result<(), Failure> { panic!("in the closure") })
            .named("retrying::panics")
            .run()
    };
    assert!(std::panic::catch_unwind(call).is_err());
    let stats = stats("retrying::panics").expect("the site is listed");
    assert_eq!((stats.calls(), stats.reasons.aborted), (1, 1));
}
