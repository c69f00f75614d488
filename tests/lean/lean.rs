//! Calls of a `Policy` do the same with and without the feature `sites`. No test sleeps: time is virtual.

mod retrying;

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Once;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use retry_runtime::timer::{self, Clock, Sleep, Timer};
use retry_runtime::{Class, Classify, Interruption, Jitter, Kind, Policy};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Failure {
    Refused,
    Unknown,
    Busy(Duration),
    Cut(Interruption),
}

impl Classify for Failure {
    fn classify(&self) -> Class {
        match self {
            Failure::Refused => Kind::Transient.into(),
            Failure::Unknown => Kind::Permanent.into(),
            Failure::Busy(hint) => Class::from(Kind::Throttled).after(*hint),
            Failure::Cut(interruption) => interruption.classify(),
        }
    }

    fn interruption(&self) -> Option<Interruption> {
        match self {
            Failure::Cut(interruption) => Some(*interruption),
            _ => None,
        }
    }
}

impl From<Interruption> for Failure {
    fn from(interruption: Interruption) -> Self {
        Failure::Cut(interruption)
    }
}

const SECOND: Duration = Duration::from_secs(1);
const EXACT: Policy = Policy::new().jitter(Jitter::None);

thread_local! {
    static PASSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn pass(time: Duration) {
    PASSED.set(PASSED.get() + time);
}

/// A timer whose sleeps take no real time.
struct Virtual;

impl Clock for Virtual {
    fn now(&self) -> Instant {
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        *START.get_or_init(Instant::now) + PASSED.get()
    }
}

impl Timer for Virtual {
    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(async move { pass(duration) })
    }

    fn block(&self, duration: Duration, _: &mut dyn FnMut() -> bool) {
        pass(duration);
    }
}

/// Runs `work` on virtual time; returns its result and the seconds that passed.
fn virtually<T>(work: impl FnOnce() -> T) -> (T, u64) {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| timer::install(&Virtual).expect("the only timer of this binary"));
    PASSED.set(Duration::ZERO);
    let result = work();
    (result, PASSED.get().as_secs())
}

/// Polls a future until it is ready.
fn ready<T>(future: impl Future<Output = T> + Send) -> T {
    let mut future = pin!(future);
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if let Poll::Ready(out) = polled {
            return out;
        }
    }
}

/// Both engines make as many attempts in as many seconds, and end alike.
#[track_caller]
fn check(
    policy: Policy,
    outcome: fn(u32) -> Result<u32, Failure>,
    expected: (Result<u32, Failure>, u32, u64),
) {
    let (blocking, tries) = (Cell::new(0), std::sync::atomic::AtomicU32::new(0));
    let (result, time) = virtually(|| {
        policy.call(|attempt| {
            blocking.set(attempt.number());
            outcome(attempt.number())
        })
    });
    assert_eq!((result, blocking.get(), time), expected, "blocking");
    let count = std::sync::atomic::Ordering::Relaxed;
    let work = |attempt: retry_runtime::Attempt| {
        tries.store(attempt.number(), count);
        async move { outcome(attempt.number()) }
    };
    let (result, time) = virtually(|| ready(policy.call_async(work)));
    assert_eq!((result, tries.load(count), time), expected, "async");
}

#[test]
fn a_call_retries_until_it_succeeds_or_its_attempts_are_used_up() {
    let third = |number| if number == 3 { Ok(number) } else { Err(Failure::Refused) };
    check(EXACT, third, (Ok(3), 3, 3));
    check(EXACT.max(1), third, (Err(Failure::Refused), 2, 1));
    check(EXACT.max(0), third, (Err(Failure::Refused), 1, 0));
    check(
        EXACT.forever(),
        |n| if n > 40 { Ok(n) } else { Err(Failure::Refused) },
        (Ok(41), 41, 1081),
    );
}

#[test]
fn a_failure_that_is_not_worth_it_is_not_retried() {
    check(EXACT, |_| Err(Failure::Unknown), (Err(Failure::Unknown), 1, 0));
    let ambiguous = Failure::Cut(Interruption::TimedOut { after: SECOND });
    check(
        EXACT,
        |_| Err(Failure::Cut(Interruption::TimedOut { after: SECOND })),
        (Err(ambiguous), 1, 0),
    );
    for inside in [Interruption::Cancelled, Interruption::CircuitOpen { retry_after: None }] {
        let (result, _) = virtually(|| EXACT.call(|_| Err::<(), _>(Failure::Cut(inside))));
        assert_eq!(result, Err(Failure::Cut(inside)), "an inner call that was cut short");
    }
}

#[test]
fn hints_and_limits_in_time_hold() {
    let hint = Failure::Busy(Duration::from_secs(7));
    let busy =
        |number| if number == 2 { Ok(number) } else { Err(Failure::Busy(Duration::from_secs(7))) };
    let clamped = EXACT.hint_clamp(Duration::ZERO).hint(retry_runtime::Hint::Instead);
    let (result, time) = virtually(|| clamped.call(|attempt| busy(attempt.number())));
    assert!(result == Ok(2) && time <= 1, "{time}");
    check(EXACT.hint_cap(SECOND), busy, (Err(hint), 1, 0));
    let refused = |_| Err(Failure::Refused);
    check(EXACT.max(9).deadline(4 * SECOND), refused, (Err(Failure::Refused), 3, 3));
    check(EXACT.max(9).no_retry_after(4 * SECOND), refused, (Err(Failure::Refused), 3, 3));
}

#[test]
fn a_healthy_attempt_begins_the_row_anew() {
    let policy = EXACT.max(1).reset_after(60 * SECOND);
    let (seen, _) = virtually(|| {
        let mut seen = Vec::new();
        let _ = policy.call(|attempt| {
            seen.push((attempt.number(), attempt.limit(), attempt.is_last()));
            pass(if attempt.number() == 2 { 60 * SECOND } else { Duration::ZERO });
            Err::<(), _>(Failure::Refused)
        });
        seen
    });
    assert_eq!(seen, [(1, Some(2), false), (2, Some(2), true), (3, Some(3), true)]);
}

#[test]
fn an_async_attempt_is_cut_at_its_limits() {
    let stuck = |policy: Policy| {
        virtually(|| {
            let attempts = Cell::new(0);
            let call = policy.call_async_mut(async |_| {
                attempts.set(attempts.get() + 1);
                std::future::pending::<Result<(), Failure>>().await
            });
            let mut call = pin!(call);
            let out = loop {
                match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                    Poll::Ready(out) => break out,
                    Poll::Pending => {}
                }
            };
            (out, attempts.get())
        })
    };
    let timeout = EXACT.max(1).timeout(2 * SECOND);
    let timed_out = Err(Failure::Cut(Interruption::TimedOut { after: 2 * SECOND }));
    assert_eq!(stuck(timeout.idempotent(true)), ((timed_out, 2), 5));
    assert_eq!(stuck(timeout.idempotent(false)), ((timed_out, 1), 2));
    let passed = Err(Failure::Cut(Interruption::DeadlinePassed));
    assert_eq!(stuck(EXACT.deadline(9 * SECOND)), ((passed, 1), 9));
}

#[test]
fn the_time_of_an_async_call_counts_from_its_first_poll() {
    fn attempt(number: u32) -> Result<(), Failure> {
        if number > 1 { Ok(()) } else { Err(Failure::Refused) }
    }
    let policy = EXACT.deadline(9 * SECOND);
    let (outs, seconds) = virtually(|| {
        let one = policy.call_async(|made| async move { attempt(made.number()) });
        let other = policy.call_async_mut(async |made| attempt(made.number()));
        pass(10 * SECOND);
        (ready(one), ready(other))
    });
    assert_eq!((outs, seconds), ((Ok(()), Ok(())), 12));
}

#[test]
fn attempts_without_a_delay_let_other_tasks_run() {
    let policy = EXACT.forever().base(Duration::ZERO);
    let call = policy.call_async(|attempt| async move {
        if attempt.number() > 100 { Ok(()) } else { Err(Failure::Refused) }
    });
    let (mut call, mut polls) = (pin!(call), 1);
    while call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        polls += 1;
    }
    assert_eq!(polls, 7, "one more for each sixteen attempts");
}

#[test]
fn a_call_id_is_the_same_in_each_attempt_and_the_last_kind_is_told() {
    let mut seen = Vec::new();
    let _ = virtually(|| {
        EXACT.max(2).call(|attempt| {
            seen.push((attempt.call_id(), attempt.last_kind()));
            Err::<(), _>(Failure::Refused)
        })
    });
    assert!(seen.iter().all(|(id, _)| *id == seen[0].0));
    let kinds: Vec<_> = seen.iter().map(|(_, kind)| *kind).collect();
    assert_eq!(kinds, [None, Some(Kind::Transient), Some(Kind::Transient)]);
}

#[test]
fn a_call_that_has_ended_holds_nothing_although_its_future_goes_on() {
    let held = Rc::new(());
    let captured = Rc::clone(&held);
    let work = move |_| {
        let _ = &captured;
        async { Ok::<_, Failure>(1) }
    };
    let mut call = pin!(Policy::new().call_async(work));
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(call.as_mut().poll(&mut context), Poll::Ready(Ok(1)));
    assert_eq!(Rc::strong_count(&held), 1);
}
