//! Dropping a call at any point leaks no breaker permit and no budget token.

use std::cell::Cell;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
use retry_runtime::{Classify, Interruption, retryable, stats};
use tokio::time::{Instant, advance, sleep};

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum Down {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

fn clock() -> std::time::Instant {
    Instant::now().into_std()
}

/// Polls once.
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Advances a millisecond and polls, `times` times; ready if the future has ended by then.
async fn polled<F: Future>(mut future: Pin<&mut F>, times: usize) -> Poll<F::Output> {
    for _ in 1..times {
        if let Poll::Ready(out) = poll(future.as_mut()) {
            return Poll::Ready(out);
        }
        advance(Duration::from_millis(1)).await;
    }
    poll(future)
}

static BREAKER: Breaker =
    Breaker::new("leaves::breaker", BreakerSettings::new().consecutive(50)).with_clock(clock);

/// The number of started and of failed attempts.
#[derive(Default)]
struct Seen {
    started: Cell<u32>,
    failed: Cell<u32>,
}

/// Awaits twice in each attempt, fails twice with a pause after each attempt, then succeeds.
#[retryable(
    max = 3, base = "2ms", jitter = none, deadline = "1s", timeout = "100ms", idempotent,
    breaker = BREAKER, name = "leaves::scripted"
)]
async fn scripted(seen: &Seen) -> Result<u32, Down> {
    seen.started.set(seen.started.get() + 1);
    sleep(Duration::from_millis(2)).await;
    sleep(Duration::from_millis(2)).await;
    if seen.started.get() == 3 {
        return Ok(7);
    }
    seen.failed.set(seen.failed.get() + 1);
    Err(Down::Down)
}

/// For each number of polls, drops a call after that many; `prepare` puts the breaker into `mode` first.
async fn dropped_everywhere(mode: Mode, prepare: fn()) {
    let budget = retry_runtime::budget("leaves::scripted").unwrap();
    for polls in 1.. {
        budget.reset();
        prepare();
        assert_eq!(BREAKER.mode(), mode);
        let seen = Seen::default();
        let ended = polled(pin!(scripted(&seen)), polls).await;
        // Each retry that has begun owes a token, also one that is dropped; a retry that succeeds is given it back.
        let begun = seen.started.get().saturating_sub(1);
        assert_eq!(
            budget.owed(),
            f64::from(begun - u32::from(ended.is_ready())),
            "after {polls} polls"
        );
        let figures = BREAKER.figures();
        assert_eq!(figures.in_flight, 0, "after {polls} polls");
        assert_eq!(figures.failures, seen.failed.get(), "after {polls} polls");
        if let Poll::Ready(out) = ended {
            assert_eq!((out, seen.started.get(), figures.calls), (Ok(7), 3, 3));
            assert!(polls > 10, "dropped at {polls} places only");
            return;
        }
        assert_eq!(figures.calls, seen.failed.get(), "what was dropped is not counted");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_poll_leaks_no_permit_and_no_token() {
    dropped_everywhere(Mode::Closed, || BREAKER.reset()).await;
    dropped_everywhere(Mode::HalfOpen, || BREAKER.probe()).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_probe_lets_the_next_one_in() {
    static ONE: Breaker =
        Breaker::new("leaves::one", BreakerSettings::new().probes(1)).with_clock(clock);
    #[retryable(max = 0, breaker = ONE)]
    async fn hangs(hang: bool) -> Result<u32, Down> {
        if hang {
            std::future::pending::<()>().await;
        }
        Ok(1)
    }
    ONE.probe();
    {
        let mut probe = pin!(hangs(true));
        assert!(poll(probe.as_mut()).is_pending());
        assert!(matches!(hangs(false).await, Err(Down::Interrupted(_))), "one probe at a time");
    }
    assert_eq!(hangs(false).await, Ok(1));
    assert_eq!(ONE.mode(), Mode::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_clock_of_a_breaker_that_panics_at_a_success_neither_fails_nor_doubles_the_call() {
    thread_local! {
        static PANICS: Cell<bool> = const { Cell::new(false) };
    }
    fn loud() -> std::time::Instant {
        assert!(!PANICS.take(), "on purpose");
        clock()
    }
    static LOUD: Breaker =
        Breaker::new("leaves::loud", BreakerSettings::new().probes(1)).with_clock(loud);
    #[retryable(max = 0, breaker = LOUD, name = "leaves::loud_async")]
    async fn works(panics: bool) -> Result<u32, Down> {
        PANICS.set(panics);
        Ok(1)
    }
    #[retryable(max = 0, breaker = LOUD, name = "leaves::loud_blocking")]
    fn works_blocking(panics: bool) -> Result<u32, Down> {
        PANICS.set(panics);
        Ok(1)
    }
    // From the second one on a call has nothing to prepare.
    assert_eq!((works(false).await, works_blocking(false)), (Ok(1), Ok(1)));
    LOUD.probe();
    assert_eq!(works(true).await, Ok(1));
    LOUD.probe();
    assert_eq!(works_blocking(true), Ok(1));
    for name in ["leaves::loud_async", "leaves::loud_blocking"] {
        let stats = stats(name).unwrap();
        let counts = (stats.calls(), stats.reasons.success, stats.reasons.aborted);
        assert_eq!(counts, (2, 2, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_breaker_around_a_future_counts_its_result_but_not_a_drop() {
    let breaker =
        Breaker::new("leaves::by_hand", BreakerSettings::new().consecutive(2)).with_clock(clock);
    let failing = || breaker.call_async(|| async { Err::<u32, _>(Down::Down) });
    let hanging = || breaker.call_async(std::future::pending::<Result<u32, Down>>);

    assert_eq!(breaker.call_async(|| async { Ok::<_, Down>(1) }).await, Ok(Ok(1)));
    assert_eq!(failing().await, Ok(Err(Down::Down)));
    assert!(poll(pin!(hanging())).is_pending());
    assert_eq!((breaker.figures().calls, breaker.mode()), (2, Mode::Closed));
    assert_eq!(failing().await, Ok(Err(Down::Down)));
    assert_eq!(failing().await.unwrap_err().mode(), Mode::Open);

    breaker.probe();
    assert!(poll(pin!(hanging())).is_pending());
    assert_eq!(breaker.figures().in_flight, 0);
}

#[tokio::test]
async fn a_panic_in_a_guarded_future_counts_as_a_failure_and_propagates() {
    let breaker = Breaker::new("leaves::panics", BreakerSettings::new().consecutive(1));
    // The future is dropped only after its panic, as in a task.
    let mut future = Box::pin(breaker.call_async(|| async {
        if true {
            panic!("on purpose");
        }
        Ok::<u32, Down>(1)
    }));
    assert!(catch_unwind(AssertUnwindSafe(|| poll(future.as_mut()))).is_err());
    assert_eq!(breaker.mode(), Mode::Open);
}
