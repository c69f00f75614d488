use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Wake, Waker};

use retry_runtime::{
    CancelToken, Classify, Interruption, Kind, Policy, observe_blocking, retryable,
};

use super::{Failure, every, ms, secs};
use crate::virtual_time::virtually;

/// The state that a call starting here would inherit: the time left, and whether the call is observed.
fn inherited() -> Option<std::time::Duration> {
    every(ms(1), 1).call(|attempt| Ok::<_, Failure>(attempt.remaining())).unwrap()
}

#[test]
fn a_panic_in_the_body_propagates_and_leaves_no_deadline_behind() {
    let policy = every(ms(1), 3).deadline(secs(9));
    let mut calls = 0;
    let panicking = AssertUnwindSafe(|| {
        let call = || {
            policy.call(|_| -> Result<(), Failure> {
                calls += 1;
                assert!(inherited().is_some());
                std::panic::resume_unwind(Box::new("the body's own"))
            })
        };
        observe_blocking(call)
    });
    let panic = catch_unwind(panicking).unwrap_err();
    assert_eq!(*panic.downcast_ref::<&str>().unwrap(), "the body's own");
    assert_eq!((calls, inherited()), (1, None));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_an_async_body_propagates_and_leaves_no_deadline_behind() {
    let policy = every(ms(1), 3).deadline(secs(9));
    let call = policy.call_async(|attempt| async move {
        assert!(inherited().is_some());
        if attempt.number() == 1 {
            return Err::<(), _>(Failure::Refused);
        }
        std::panic::resume_unwind(Box::new("the body's own"))
    });
    let caught = futures::FutureExt::catch_unwind(AssertUnwindSafe(call)).await;
    assert!(caught.unwrap_err().is::<&str>());
    assert_eq!(inherited(), None);
}

/// Counts wake-ups; its strong count shows who still holds the waker.
#[derive(Default)]
struct Counting(AtomicU32);

impl Wake for Counting {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Counts live bodies.
struct Alive(Rc<Cell<u32>>);

impl Alive {
    fn new(count: &Rc<Cell<u32>>) -> Self {
        count.set(count.get() + 1);
        Alive(Rc::clone(count))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.set(self.0.get() - 1);
    }
}

const LIMITED: Policy = every(ms(10), 4).timeout(ms(50)).deadline(secs(9)).idempotent(true);

/// Fails, then hangs, then takes a while, then succeeds, so that the call waits in every possible way.
#[retryable(policy = LIMITED, cancel = token, attempt = attempt, budget = none)]
async fn scripted(alive: &Rc<Cell<u32>>, token: &CancelToken) -> Result<u32, Failure> {
    let _alive = Alive::new(alive);
    match attempt.number() {
        1 => Err(Failure::Refused),
        2 => std::future::pending().await,
        3 => {
            tokio::time::sleep(ms(20)).await;
            Err(Failure::Busy { wait: Some(ms(15)) })
        }
        n => Ok(n),
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_at_any_await_leaves_nothing_behind() {
    let mut awaits = 0;
    loop {
        let (alive, token) = (Rc::default(), CancelToken::new());
        let counting = Arc::new(Counting::default());
        let waker = Waker::from(Arc::clone(&counting));
        let finished = {
            let mut call = pin!(scripted(&alive, &token));
            let mut poll = || call.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
            let mut finished = poll();
            for _ in 0..awaits {
                if !finished {
                    tokio::time::advance(ms(5)).await;
                    finished = poll();
                }
            }
            finished
        };
        drop(waker);
        assert_eq!(alive.get(), 0, "after {awaits} awaits: the body is dropped");
        assert_eq!(Arc::strong_count(&counting), 1, "after {awaits} awaits: no waker is left");
        let woken = counting.0.load(Ordering::Relaxed);
        token.cancel();
        tokio::time::advance(secs(10)).await;
        assert_eq!(counting.0.load(Ordering::Relaxed), woken, "after {awaits} awaits");
        assert_eq!(inherited(), None);
        if finished {
            break;
        }
        awaits += 1;
    }
    // 10 ms, 50 ms, 10 ms, 20 ms and 15 ms in steps of 5.
    assert!(awaits >= 20, "{awaits}");
}

/// A failure that records when it is dropped and is not `Send`.
#[derive(Debug)]
struct Held {
    _alive: Rc<Alive>,
}

impl std::fmt::Debug for Alive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Alive")
    }
}

impl Classify for Held {
    fn classify(&self) -> retry_runtime::Class {
        Kind::Transient.into()
    }
}

impl From<Interruption> for Held {
    fn from(_: Interruption) -> Self {
        unreachable!("there is no limit")
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_dropped_before_the_sleep() {
    let alive = Rc::default();
    let failing = || Err::<(), _>(Held { _alive: Rc::new(Alive::new(&alive)) });
    let policy = every(secs(1), 2);
    let mut call = pin!(policy.call_async(|_| async { failing() }));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(Pin::new(&mut call).poll(&mut cx).is_pending());
    assert_eq!(alive.get(), 0, "asleep");
    assert!(call.await.is_err());
}

#[test]
fn a_sync_failure_is_dropped_before_the_sleep() {
    let alive: Rc<Cell<u32>> = Rc::default();
    let seen = Rc::clone(&alive);
    let asleep = Rc::new(Cell::new(None));
    let at_night = Rc::clone(&asleep);
    let result = virtually(|| {
        crate::virtual_time::after(ms(500), move || at_night.set(Some(seen.get())));
        every(secs(1), 2).call(|_| Err::<(), _>(Held { _alive: Rc::new(Alive::new(&alive)) }))
    });
    assert!(result.is_err());
    assert_eq!(asleep.get(), Some(0));
}
