//! Breakers of annotated functions in a real outage, and in what must not be taken for one.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings, Mode};
use retry_runtime::{Classify, Interruption, retryable};
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

#[derive(Debug, PartialEq, thiserror::Error, Classify)]
enum Trouble {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("no such thing")]
    #[classify(permanent)]
    Unknown,
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

const SECOND: Duration = Duration::from_secs(1);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// safe-client-gateway#3442, actor-ts#457: after the breaker had opened, each of 300 callers waited for its second.
#[tokio::test(start_paused = true)]
async fn callers_who_give_up_on_a_hung_side_are_let_through_ten_at_a_time() {
    static GATEWAY: Breaker = Breaker::new("outage::gateway", BreakerSettings::new());
    #[retryable(max = 0, breaker = GATEWAY)]
    async fn ask_gateway(reached: &RefCell<Vec<Instant>>) -> Result<u32, Trouble> {
        reached.borrow_mut().push(Instant::now());
        pending().await
    }
    for patience in [millis(300), SECOND, 3 * SECOND] {
        GATEWAY.force_close();
        GATEWAY.trip(None);
        let reached = Rc::new(RefCell::new(Vec::new()));
        let callers = LocalSet::new();
        callers
            .run_until(async {
                for _ in 0..300 {
                    for _ in 0..10 {
                        let reached = Rc::clone(&reached);
                        callers.spawn_local(async move {
                            drop(timeout(patience, ask_gateway(&reached)).await)
                        });
                    }
                    sleep(SECOND).await;
                }
            })
            .await;
        // A pause of more than three seconds lies between two periods: the breaker is open.
        let reached = reached.borrow();
        let mut periods = vec![1];
        for pair in reached.windows(2) {
            if pair[1] - pair[0] > 3 * SECOND {
                periods.push(1)
            } else {
                *periods.last_mut().unwrap() += 1
            }
        }
        assert!(periods.iter().all(|calls| *calls <= 10), "{patience:?}: {periods:?}");
        assert!((5..=9).contains(&periods.len()), "{patience:?}: 5, 10, 20, 40, 60 s: {periods:?}");
        assert_ne!(GATEWAY.mode(), Mode::Closed);
    }
}

#[tokio::test(start_paused = true)]
async fn callers_who_give_up_open_the_breaker_of_a_side_that_begins_to_hang() {
    #[retryable(max = 0, breaker, name = "outage::begins")]
    async fn ask(hangs: &Cell<bool>, reached: &Cell<u32>) -> Result<u32, Trouble> {
        reached.set(reached.get() + 1);
        if hangs.get() { pending().await } else { Ok(1) }
    }
    let (hangs, reached) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let callers = LocalSet::new();
    callers
        .run_until(async {
            for call in 0..600 {
                if call == 300 {
                    hangs.set(true);
                    reached.set(0);
                }
                let (hangs, reached) = (Rc::clone(&hangs), Rc::clone(&reached));
                callers
                    .spawn_local(async move { drop(timeout(SECOND, ask(&hangs, &reached)).await) });
                sleep(millis(100)).await;
            }
        })
        .await;
    // A second until the first caller leaves, ten seconds of silence, and some probes.
    assert!((100..=140).contains(&reached.get()), "{}", reached.get());
}

/// A breaker that counts each caller who leaves as slow refuses 97 % of such a service.
#[tokio::test(start_paused = true)]
async fn a_healthy_service_of_ten_seconds_stays_closed_though_most_callers_leave() {
    #[retryable(max = 0, breaker, name = "outage::patient")]
    async fn ask_slow() -> Result<u32, Trouble> {
        sleep(10 * SECOND).await;
        Ok(1)
    }
    for stays in [0, 7, 29] {
        let refused = Rc::new(Cell::new(0));
        let answered = Rc::new(Cell::new(0));
        let callers = LocalSet::new();
        callers
            .run_until(async {
                for call in 0..3_000 {
                    let (refused, answered) = (Rc::clone(&refused), Rc::clone(&answered));
                    let patience =
                        if call % 30 == stays { 60 * SECOND } else { millis(1_000 + call) };
                    callers.spawn_local(async move {
                        match timeout(patience, ask_slow()).await {
                            Ok(Ok(_)) => answered.set(answered.get() + 1),
                            Ok(Err(_)) => refused.set(refused.get() + 1),
                            Err(_) => {}
                        }
                    });
                    sleep(millis(100)).await;
                }
                sleep(20 * SECOND).await;
            })
            .await;
        assert_eq!((refused.get(), answered.get()), (0, 100));
        let breaker = retry_runtime::breaker("outage::patient").unwrap();
        assert_eq!(breaker.mode(), Mode::Closed);
        breaker.force_close();
    }
}

#[tokio::test(start_paused = true)]
async fn callers_of_one_call_in_thirty_seconds_get_back_in() {
    #[retryable(max = 0, breaker, name = "outage::rare")]
    async fn ask() -> Result<u32, Trouble> {
        sleep(2 * SECOND).await;
        Ok(1)
    }
    let breaker = retry_runtime::breaker("outage::rare").unwrap();
    breaker.trip(None);
    for _ in 0..3 {
        sleep(30 * SECOND).await;
        assert_eq!(breaker.mode(), Mode::HalfOpen);
        assert_eq!(ask().await, Ok(1));
    }
    assert_eq!(breaker.mode(), Mode::Closed);
}

#[tokio::test(start_paused = true)]
async fn callers_who_leave_before_the_timeout_of_the_attempt_are_merely_impatient() {
    #[retryable(max = 0, timeout = "5s", idempotent, breaker, name = "outage::limited")]
    async fn ask() -> Result<u32, Trouble> {
        pending().await
    }
    for _ in 0..40 {
        assert!(timeout(4 * SECOND, ask()).await.is_err());
    }
    let breaker = retry_runtime::breaker("outage::limited").unwrap();
    assert_eq!((breaker.mode(), breaker.figures().dropped), (Mode::Closed, 0));
    for _ in 0..20 {
        let ended = timeout(6 * SECOND, ask()).await;
        assert!(matches!(ended, Ok(Err(Trouble::Interrupted(Interruption::TimedOut { .. })))));
    }
    assert_eq!(breaker.mode(), Mode::Open, "the timeouts themselves are failures");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cancelled_says_nothing() {
    #[retryable(max = 0, cancel = stop, breaker(consecutive = 1), name = "outage::cancelled")]
    async fn ask(stop: &CancellationToken) -> Result<u32, Trouble> {
        let _ = stop;
        pending().await
    }
    let breaker = retry_runtime::breaker("outage::cancelled").unwrap();
    for _ in 0..30 {
        let stop = CancellationToken::new();
        let (ended, ()) = tokio::join!(ask(&stop), async {
            sleep(millis(500)).await;
            stop.cancel();
        });
        assert_eq!(ended, Err(Trouble::Interrupted(Interruption::Cancelled)));
    }
    let figures = breaker.figures();
    assert_eq!((breaker.mode(), figures.calls, figures.dropped), (Mode::Closed, 0, 0));
}

/// erpc#1118: with 2 % real failures and 98 % "no such thing" it opened and stayed half-open for ever.
#[test]
fn a_service_that_says_no_such_thing_is_healthy() {
    #[retryable(max = 0, breaker, name = "outage::catalogue")]
    fn find(number: u32) -> Result<u32, Trouble> {
        Err(if number % 50 == 0 { Trouble::Down } else { Trouble::Unknown })
    }
    let breaker = retry_runtime::breaker("outage::catalogue").unwrap();
    for number in 0..1_000 {
        assert!(!matches!(find(number), Err(Trouble::Interrupted(_))), "call {number}");
    }
    assert_eq!((breaker.mode(), breaker.figures().failures), (Mode::Closed, 4));
    breaker.probe();
    (1..4).for_each(|number| drop(find(number)));
    assert_eq!(breaker.mode(), Mode::Closed);
}

#[test]
fn a_value_that_is_rejected_is_an_answer() {
    #[retryable(max = 9, base = "0s", retry_if = is_pending, breaker(consecutive = 2), name = "outage::polls")]
    fn poll_job(calls: &Cell<u32>) -> Result<&'static str, Trouble> {
        calls.set(calls.get() + 1);
        Ok("pending")
    }
    fn is_pending(state: &&str) -> bool {
        *state == "pending"
    }
    let calls = Cell::new(0);
    assert_eq!(poll_job(&calls), Ok("pending"));
    assert_eq!(calls.get(), 10);
    let figures = retry_runtime::breaker("outage::polls").unwrap().figures();
    assert_eq!((figures.calls, figures.failures), (10, 0));
}

#[test]
fn only_a_panic_of_the_attempt_itself_is_a_failure() {
    #[retryable(max = 0, breaker, name = "outage::panics_async")]
    async fn asks(panics: bool) -> Result<u32, Trouble> {
        if panics {
            resume_unwind(Box::new("its own"));
        }
        pending().await
    }
    #[retryable(max = 0, deadline = "9s", breaker, name = "outage::panics_timed")]
    async fn asks_timed(panics: bool) -> Result<u32, Trouble> {
        if panics {
            resume_unwind(Box::new("its own"));
        }
        pending().await
    }
    #[retryable(max = 0, breaker, name = "outage::panics_blocking")]
    fn asks_blocking() -> Result<u32, Trouble> {
        resume_unwind(Box::new("its own"))
    }
    #[retryable(max = 0, deadline = "9s", breaker, name = "outage::panics_blocking_timed")]
    fn asks_blocking_timed() -> Result<u32, Trouble> {
        resume_unwind(Box::new("its own"))
    }
    type Asked = Pin<Box<dyn Future<Output = Result<u32, Trouble>>>>;
    type Asks = fn(bool) -> Asked;
    type AsksBlocking = fn() -> Result<u32, Trouble>;
    let poll = |future: &mut Asked| {
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    };
    let failures = |name: &str| {
        let figures = retry_runtime::breaker(name).unwrap().figures();
        (figures.calls, figures.failures)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let _inside = runtime.enter();
    let asked: [(&str, Asks); 2] = [
        ("outage::panics_async", |panics| Box::pin(asks(panics))),
        ("outage::panics_timed", |panics| Box::pin(asks_timed(panics))),
    ];
    for (name, asks) in asked {
        let another = catch_unwind(AssertUnwindSafe(|| {
            let mut waits = asks(false);
            poll(&mut waits);
            resume_unwind(Box::new("another one"));
        }));
        assert!(another.is_err());
        assert_eq!(failures(name), (0, 0), "{name}");
        assert!(catch_unwind(AssertUnwindSafe(|| poll(&mut asks(true)))).is_err());
        assert_eq!(failures(name), (1, 1), "{name}");
    }
    let blocking: [(&str, AsksBlocking); 2] = [
        ("outage::panics_blocking", asks_blocking),
        ("outage::panics_blocking_timed", asks_blocking_timed),
    ];
    for (name, asks) in blocking {
        for calls in 1..4 {
            assert!(catch_unwind(asks).is_err());
            assert_eq!(failures(name), (calls, calls), "{name}");
        }
    }
}

#[test]
fn long_keys_are_kept_short_and_each_has_its_own_breaker() {
    #[retryable(max = 0, breaker(consecutive = 1, key = key), name = "outage::long_keys")]
    fn ask(key: &str) -> Result<u32, Trouble> {
        let _ = key;
        Err(Trouble::Down)
    }
    let long = "k".repeat(100_000);
    for number in 0..1_100 {
        assert_eq!(ask(&format!("{long}{number}")), Err(Trouble::Down), "a breaker of its own");
    }
    assert!(matches!(ask(&format!("{long}1099")), Err(Trouble::Interrupted(_))));
    let breakers = retry_runtime::breakers();
    let names = breakers.iter().map(|breaker| breaker.name());
    let mine: Vec<_> = names.filter(|name| name.starts_with("outage::long_keys[")).collect();
    let kept: usize = mine.iter().map(|name| name.len()).sum();
    assert!(mine.len() == 1_024 && kept < 300_000, "{} names of {kept} bytes", mine.len());
}

#[tokio::test(start_paused = true)]
async fn each_key_is_seen_with_its_state() {
    #[retryable(max = 0, breaker("outage::hosts", consecutive = 1, forget = "15m", key = host))]
    async fn ask(host: &str) -> Result<u32, Trouble> {
        if host == "dead" { Err(Trouble::Down) } else { Ok(1) }
    }
    for host in ["dead", "alive"] {
        drop(pin!(ask(host)).await);
    }
    let breakers = retry_runtime::breakers();
    let seen: BTreeMap<_, _> = breakers
        .iter()
        .filter(|breaker| breaker.table() == Some("outage::hosts"))
        .map(|breaker| (breaker.key().unwrap(), breaker.mode()))
        .collect();
    assert_eq!(seen, BTreeMap::from([("alive", Mode::Closed), ("dead", Mode::Open)]));
}
