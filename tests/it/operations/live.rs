use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use retry_runtime::live::{self, Answer, LiveCall};
use retry_runtime::{Interruption, Kind, StopReason, observe, retryable};
use tokio::time::sleep;

use super::{Cut, Down, secs};
use crate::engine::allocations::kept;
use crate::virtual_time::{advance, virtually};

fn find(name: &str) -> Option<LiveCall> {
    live::calls().into_iter().find(|call| call.name() == name)
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Fails once after ten seconds.
#[retryable(max = 3, base = "60s", cap = "60s", jitter = none, attempt = attempt, name = "live::slow")]
async fn slow() -> Result<u32, Cut> {
    sleep(secs(10)).await;
    if attempt.number() == 1 { Err(Cut::Down) } else { Ok(attempt.number()) }
}

#[tokio::test(start_paused = true)]
async fn a_call_is_listed_from_its_first_sleep_to_its_end() {
    let mut call = pin!(slow());
    assert!(poll(call.as_mut()).is_pending());
    assert!(find("live::slow").is_none(), "nothing has failed yet");

    tokio::time::advance(secs(10)).await;
    assert!(poll(call.as_mut()).is_pending());
    let live = find("live::slow").expect("it waits");
    assert_eq!((live.attempt(), live.limit(), live.is_waiting()), (1, Some(4), true));
    assert_eq!((&*live.last_error(), live.last_kind()), ("down", Kind::Transient));
    assert_eq!(live.next_attempt_in(), Some(secs(60)));
    assert_eq!(live.deadline(), None);
    assert_eq!(live::call(live.id()).map(|call| call.id()), Some(live.id()));
    assert_eq!(live.to_string(), "live::slow: attempt 2 of 4 in 60.0 s, after: down");

    tokio::time::advance(secs(60)).await;
    assert!(poll(call.as_mut()).is_pending());
    assert_eq!((live.attempt(), live.is_waiting(), live.has_ended()), (2, false, false));
    assert_eq!(live.to_string(), "live::slow: attempt 2 of 4 is running, after: down");

    tokio::time::advance(secs(10)).await;
    assert_eq!(poll(call.as_mut()), Poll::Ready(Ok(2)));
    assert!(live.has_ended());
    assert!(find("live::slow").is_none());
    assert_eq!((live.cancel(), live.retry_now()), (Answer::TooLate, Answer::TooLate));
}

#[tokio::test(start_paused = true)]
async fn a_waiting_call_is_cancelled_at_once_and_returns_the_interruption() {
    let call = tokio::spawn(observe(async {
        #[retryable(max = 3, base = "1h", cap = "1h", name = "live::cancelled")]
        async fn fetch() -> Result<u32, Cut> {
            Err(Cut::Down)
        }
        fetch().await
    }));
    tokio::task::yield_now().await;
    let live = find("live::cancelled").expect("it waits");
    assert_eq!(live.cancel(), Answer::Done);
    assert_eq!((live.cancel(), live.retry_now()), (Answer::TooLate, Answer::TooLate));
    let (out, report) = call.await.expect("no panic");
    assert_eq!(out, Err(Cut::Cut(Interruption::Cancelled)));
    assert_eq!((report.reason, report.attempts_made()), (StopReason::Cancelled, 1));
    let stats = retry_runtime::stats("live::cancelled").expect("linked");
    assert_eq!((stats.cancelled, stats.failed), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_error_cannot_hold_an_interruption_ends_with_its_next_failure() {
    static ATTEMPTS: AtomicU32 = AtomicU32::new(0);
    #[retryable(max = 9, base = "60s", cap = "60s", jitter = none, name = "live::mute")]
    async fn fetch() -> Result<u32, Down> {
        ATTEMPTS.fetch_add(1, Ordering::Relaxed);
        Err(Down::Down)
    }
    let call = tokio::spawn(observe(fetch()));
    tokio::task::yield_now().await;
    let live = find("live::mute").expect("it waits");
    assert_eq!(live.cancel(), Answer::AfterAttempt);
    assert_eq!(live.retry_now(), Answer::Done, "to have it over with");
    let (out, report) = call.await.expect("no panic");
    assert_eq!((out, report.reason), (Err(Down::Down), StopReason::Cancelled));
    assert_eq!(ATTEMPTS.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_with_a_running_attempt_is_cancelled_after_the_attempt_fails() {
    #[retryable(max = 9, base = "1s", jitter = none, name = "live::running")]
    async fn fetch() -> Result<u32, Cut> {
        sleep(secs(10)).await;
        Err(Cut::Down)
    }
    let call = tokio::spawn(observe(fetch()));
    sleep(secs(15)).await;
    let live = find("live::running").expect("its second attempt runs");
    assert_eq!((live.attempt(), live.is_waiting()), (2, false));
    assert_eq!(live.retry_now(), Answer::TooLate, "it does not wait");
    assert_eq!(live.cancel(), Answer::AfterAttempt);
    let (out, report) = call.await.expect("no panic");
    assert_eq!((out, report.reason), (Err(Cut::Down), StopReason::Cancelled));
    assert_eq!(report.attempts_made(), 2);
}

#[tokio::test(start_paused = true)]
async fn retry_now_skips_the_wait_and_leaves_later_delays_unchanged() {
    #[retryable(max = 2, base = "1s", factor = 10.0, jitter = none, name = "live::hurried")]
    async fn fetch() -> Result<u32, Down> {
        Err(Down::Down)
    }
    let call = tokio::spawn(observe(fetch()));
    tokio::task::yield_now().await;
    let live = find("live::hurried").expect("it waits");
    assert_eq!(live.retry_now(), Answer::Done);
    assert_eq!(live.retry_now(), Answer::TooLate, "it is on its way");
    let (out, report) = call.await.expect("no panic");
    assert_eq!((out, report.total), (Err(Down::Down), secs(10)));
    assert_eq!(report.delays().collect::<Vec<_>>(), [secs(1), secs(10)]);
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_while_asleep_is_no_longer_listed() {
    #[retryable(max = 3, base = "30s", name = "live::dropped")]
    async fn fetch() -> Result<u32, Down> {
        Err(Down::Down)
    }
    let live = {
        let mut call = pin!(fetch());
        assert!(poll(call.as_mut()).is_pending());
        find("live::dropped").expect("it waits")
    };
    assert!(live.has_ended());
    assert_eq!(live.cancel(), Answer::TooLate);
    assert!(find("live::dropped").is_none());
}

#[test]
fn another_thread_can_cancel_a_sleeping_thread_or_make_it_retry_now() {
    #[retryable(max = 2, base = "1h", cap = "1h", jitter = none, name = "live::blocked")]
    fn fetch() -> Result<u32, Cut> {
        Err(Cut::Down)
    }
    let mut watch = live::watch();
    let call = thread::spawn(fetch);
    let mut waiting = |attempt| loop {
        match find("live::blocked").filter(|call| call.is_waiting() && call.attempt() == attempt) {
            Some(live) => return live,
            None => drop(watch.wait(secs(1))),
        }
    };
    assert_eq!(waiting(1).retry_now(), Answer::Done);
    assert_eq!(waiting(2).cancel(), Answer::Done);
    assert_eq!(call.join().expect("no panic"), Err(Cut::Cut(Interruption::Cancelled)));
}

#[tokio::test(start_paused = true)]
async fn a_watcher_is_notified_of_each_change_once() {
    #[retryable(max = 1, base = "30s", name = "live::watched")]
    async fn fetch() -> Result<u32, Down> {
        Err(Down::Down)
    }
    let mut watch = live::watch();
    let mut call = pin!(fetch());
    assert!(poll(call.as_mut()).is_pending());
    // Other tests change the list too, so the absence of a notification cannot be checked.
    watch.changed().await;
    let live = find("live::watched").expect("it waits");
    assert_eq!(live.retry_now(), Answer::Done);
    assert!(poll(call.as_mut()).is_ready());
    watch.changed().await;
    assert!(live.has_ended());
}

/// Races cancel, retry-now, the end of the sleep, success and drop: a reported cancellation is always true, and no
/// call stays listed.
#[test]
fn requests_race_with_the_end_of_the_sleep_success_and_drop() {
    #[retryable(max = 1_000, base = "1us", cap = "20us", budget = none, name = "live::raced")]
    async fn fetch(until: &AtomicU32) -> Result<u32, Cut> {
        let left = until.fetch_sub(1, Ordering::Relaxed);
        if left == 1 { Ok(0) } else { Err(Cut::Down) }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .expect("a runtime");
    let calls: Vec<_> = (0..2_000_u32)
        .map(|n| {
            runtime.spawn(async move {
                let until = AtomicU32::new(2 + n % 5);
                let call = fetch(&until);
                if n % 7 == 0 {
                    return tokio::time::timeout(secs(0), call).await.ok();
                }
                Some(call.await)
            })
        })
        .collect();
    let (mut told_cancelled, mut rounds) = (0_u32, 0_u32);
    while calls.iter().any(|call| !call.is_finished()) {
        for call in live::calls().into_iter().filter(|call| call.name() == "live::raced") {
            rounds += 1;
            if rounds % 3 == 0 {
                // An attempt that fails at this moment also makes the call end in its sleep.
                told_cancelled += u32::from(call.cancel() != Answer::TooLate);
            } else {
                call.retry_now();
            }
        }
        thread::yield_now();
    }
    let mut were_cancelled = 0;
    for call in calls {
        match runtime.block_on(call).expect("no panic") {
            Some(Err(Cut::Cut(cut))) if matches!(cut.root(), Interruption::Cancelled) => {
                were_cancelled += 1;
            }
            Some(Ok(_) | Err(Cut::Down)) | None => {}
            other => panic!("{other:?}"),
        }
    }
    // A call that was cancelled and then dropped has no outcome to check.
    assert!(were_cancelled <= told_cancelled, "{were_cancelled} of {told_cancelled}");
    assert!(find("live::raced").is_none());
    let stats = retry_runtime::stats("live::raced").expect("linked");
    assert_eq!(stats.attempts, stats.calls() + stats.retries());
    assert!(u64::from(were_cancelled) <= stats.reasons.cancelled);
}

#[retryable(max = 1, base = "1s", budget = none, name = "live::many")]
fn many(fails: bool) -> Result<u32, Cut> {
    if fails { Err(Cut::Down) } else { Ok(1) }
}

#[test]
fn after_a_million_calls_nothing_is_listed_and_no_memory_has_leaked() {
    // Most calls succeed at the first try; every tenth fails, sleeps and fails again.
    let run = |calls: u32| virtually(|| (0..calls).for_each(|n| _ = many(n % 10 == 0)));
    run(1_000);
    let kept = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    run(1_000);
                    kept(|| run(250_000))
                })
            })
            .collect();
        let kept = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        kept.sum::<isize>()
    });
    // Threads share the history, so one thread frees entries that another one allocated. Summed over all threads, its
    // size has not changed.
    assert!(kept.abs() < 16 * 1024, "{kept} bytes");
    assert!(find("live::many").is_none());
    let stats = retry_runtime::stats("live::many").expect("linked");
    assert_eq!((stats.calls(), stats.failed), (1_005_000, 100_500));
    assert_eq!(stats.attempts, 1_105_500);
}

#[test]
fn a_call_cancelled_in_its_hook_ends_even_if_no_sleep_is_left() {
    fn slow_hook(_: &retry_runtime::Retry<'_, Result<u32, Cut>>) {
        let call = find("live::hooked").expect("it is going to sleep");
        assert_eq!(call.cancel(), Answer::Done);
        advance(secs(5));
    }
    #[retryable(max = 9, base = "1s", jitter = none, on_retry = slow_hook, name = "live::hooked")]
    fn fetch() -> Result<u32, Cut> {
        Err(Cut::Down)
    }
    assert_eq!(virtually(fetch), Err(Cut::Down));
    let stats = retry_runtime::stats("live::hooked").expect("linked");
    assert_eq!((stats.attempts, stats.reasons.cancelled), (1, 1));
}

#[test]
fn an_attempt_that_starts_without_a_sleep_is_not_listed_as_waiting() {
    fn slow_hook(_: &retry_runtime::Retry<'_, Result<u32, Cut>>) {
        advance(secs(5));
    }
    #[retryable(
        max = 1, base = "1s", jitter = none, on_retry = slow_hook, attempt = attempt, name = "live::at_once"
    )]
    fn fetch() -> Result<u32, Cut> {
        if attempt.number() == 1 {
            return Err(Cut::Down);
        }
        let call = find("live::at_once").expect("its second attempt runs");
        assert_eq!((call.is_waiting(), call.retry_now()), (false, Answer::TooLate));
        Ok(1)
    }
    assert_eq!(virtually(fetch), Ok(1));
}

#[tokio::test(start_paused = true)]
async fn a_call_without_a_site_can_be_cancelled_while_asleep() {
    let call = tokio::spawn(async {
        let policy = retry_runtime::Policy::new().max(1).base(secs(1)).cap(secs(7_777));
        policy
            .base(secs(7_777))
            .jitter(retry_runtime::Jitter::None)
            .call_async(|_| async { Err::<u32, _>(Cut::Down) })
            .await
    });
    tokio::task::yield_now().await;
    let waits =
        |call: &LiveCall| call.next_attempt_in() > Some(secs(7_000)) && call.name().is_empty();
    let live = live::calls().into_iter().find(waits).expect("it waits");
    assert_eq!(live.cancel(), Answer::Done);
    assert_eq!(call.await.expect("no panic"), Err(Cut::Cut(Interruption::Cancelled)));
}

#[test]
fn a_dropped_watch_leaves_no_waker_behind() {
    use std::sync::Arc;
    use std::task::Wake;

    struct Counted;
    impl Wake for Counted {
        fn wake(self: Arc<Self>) {}
    }
    let counted = Arc::new(Counted);
    let waker = Waker::from(Arc::clone(&counted));
    for _ in 0..100 {
        let mut watch = live::watch();
        let _ = pin!(watch.changed()).poll(&mut Context::from_waker(&waker));
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&counted), 1);
}
