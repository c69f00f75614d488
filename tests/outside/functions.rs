//! Annotated functions with everything that can be plugged into one, and the call back into the engine.

use std::borrow::Cow;
use std::fmt;
use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use retry_config::Config;
use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{
    Backoff, Cancel, Class, Classify, Interruption, Jitter, Kind, Policy, Retry, live, retryable,
};

use super::act::{Point, act, plays};

/// An error whose every trait is plugged in.
#[derive(Debug)]
pub(super) enum Trouble {
    Down,
    Cut(Interruption),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        act(Point::Display);
        match self {
            Trouble::Down => f.write_str("down"),
            Trouble::Cut(cut) => cut.fmt(f),
        }
    }
}

impl Classify for Trouble {
    fn classify(&self) -> Class {
        act(Point::Classify);
        match self {
            Trouble::Down => Kind::Transient.into(),
            Trouble::Cut(cut) => cut.classify(),
        }
    }

    fn describe(&self) -> Cow<'static, str> {
        act(Point::Describe);
        Cow::Borrowed("")
    }
}

impl From<Interruption> for Trouble {
    fn from(cut: Interruption) -> Self {
        Trouble::Cut(cut)
    }
}

/// An error that is described by its `Debug`.
pub(super) struct OnlyDebug;

impl fmt::Debug for OnlyDebug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        act(Point::Debug);
        f.write_str("OnlyDebug")
    }
}

/// A script for the bodies.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// Fails once, returns a value that is rejected, and succeeds.
    Succeeds,
    Fails,
    Panics,
}

impl Body {
    fn run(self, attempt: u32) -> Result<u32, Trouble> {
        match (self, attempt) {
            (Body::Panics, 2) => std::panic::resume_unwind(Box::new("the body's own")),
            (Body::Succeeds, 2) => Ok(0),
            (Body::Succeeds, 3) => Ok(7),
            _ => Err(Trouble::Down),
        }
    }
}

pub(super) struct Argument(pub(super) Body);

impl Clone for Argument {
    fn clone(&self) -> Self {
        act(Point::Clone);
        Argument(self.0)
    }
}

pub(super) struct Key;

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        act(Point::Key);
        // The breaker of a thread that plays a part belongs to that thread alone.
        f.write_str(if plays() { "own" } else { "of others" })
    }
}

#[derive(Clone)]
pub(super) struct Token;

impl Cancel for Token {
    type Cancelled = Never;

    fn is_cancelled(&self) -> bool {
        act(Point::Token);
        false
    }

    fn cancelled(&self) -> Never {
        act(Point::Token);
        Never(pending())
    }
}

pub(super) struct Never(Pending<()>);

impl Future for Never {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        act(Point::Token);
        Pin::new(&mut self.0).poll(cx)
    }
}

fn backoff(_: u32) -> Duration {
    act(Point::Backoff);
    Duration::from_secs(30)
}

fn when(_: &Trouble) -> bool {
    act(Point::When);
    true
}

fn is_rejected(value: &u32) -> bool {
    act(Point::RetryIf);
    *value == 0
}

fn hook(_: &Retry<'_, Result<u32, Trouble>>) {
    act(Point::Hook);
}

fn recover(_: Trouble, _: Argument, _: Key, _: Token) -> Result<u32, Trouble> {
    act(Point::Recover);
    Ok(9)
}

async fn recover_async(_: Trouble, _: Argument, _: Key, _: Token) -> Result<u32, Trouble> {
    act(Point::Recover);
    Ok(9)
}

const POLICY: Policy = Policy::new().max(2).backoff(Backoff::Custom(backoff)).jitter(Jitter::None);

#[retryable(
    policy = POLICY, idempotent, on = Transient, when = when, retry_if = is_rejected, on_retry = hook, cancel = token,
    clone(argument), recover = recover, breaker("outside::table", key = key, consecutive = 3),
    budget = none, attempt = attempt, name = "outside::blocking"
)]
pub(super) fn blocking(argument: Argument, key: Key, token: Token) -> Result<u32, Trouble> {
    let _ = (&key, &token);
    argument.0.run(attempt.number())
}

#[retryable(
    policy = POLICY, idempotent, on = Transient, when = when, retry_if = is_rejected, on_retry = hook, cancel = token,
    clone(argument), recover = recover_async, breaker("outside::table", key = key, consecutive = 3),
    budget = none, attempt = attempt, name = "outside::awaited"
)]
pub(super) async fn awaited(argument: Argument, key: Key, token: Token) -> Result<u32, Trouble> {
    let _ = (&key, &token);
    std::future::ready(()).await;
    argument.0.run(attempt.number())
}

pub(super) static PROBED: Breaker =
    Breaker::new("outside::probed", BreakerSettings::new().probes(1));

#[retryable(
    policy = POLICY, idempotent, on = Transient, when = when, retry_if = is_rejected, on_retry = hook,
    cancel = token, clone(argument), breaker = PROBED, budget = none, name = "outside::probe"
)]
pub(super) fn probe(argument: Argument, token: Token) -> Result<u32, Trouble> {
    let _ = &token;
    argument.0.run(1)
}

#[retryable(
    policy = POLICY, idempotent, on = Transient, when = when, retry_if = is_rejected, on_retry = hook,
    cancel = token, clone(argument), breaker = PROBED, budget = none, name = "outside::probe_async"
)]
pub(super) async fn probe_async(argument: Argument, token: Token) -> Result<u32, Trouble> {
    let _ = &token;
    std::future::ready(()).await;
    argument.0.run(1)
}

#[retryable(max = 1, base = "0s", on = any, budget = none, name = "outside::debug")]
pub(super) fn fails_with_debug() -> Result<u32, OnlyDebug> {
    Err(OnlyDebug)
}

fn breaker_clock() -> Instant {
    act(Point::BreakerClock);
    Instant::now()
}

static CLOCKED: Breaker =
    Breaker::new("outside::clocked", BreakerSettings::new().slow(Duration::from_secs(3600)))
        .with_clock(breaker_clock);

/// Timed: reads both clocks, also when it succeeds at once.
#[retryable(max = 0, deadline = "1h", breaker = CLOCKED, budget = none, name = "outside::timed")]
pub(super) async fn timed() -> Result<u32, Trouble> {
    Ok(1)
}

#[retryable(max = 0, breaker, budget = none, name = "outside::hangs")]
pub(super) async fn hangs() -> Result<u32, Trouble> {
    pending().await
}

#[retryable(max = 1, base = "0s", idempotent, budget(capacity = 20), name = "outside::paid")]
pub(super) fn paid() -> Result<u32, Trouble> {
    Err(Trouble::Down)
}

/// The function that plugged-in code calls.
#[retryable(max = 1, base = "0s", on = any, budget = none, name = "outside::inner")]
fn inner() -> Result<u32, Trouble> {
    Err(Trouble::Down)
}

#[retryable(max = 1, base = "0s", on = any, budget = none, name = "outside::inner_debug")]
fn inner_debug() -> Result<u32, OnlyDebug> {
    Err(OnlyDebug)
}

/// Functions whose counts the cells compare.
pub(super) const SITES: [&str; 7] = [
    "outside::blocking",
    "outside::awaited",
    "outside::debug",
    "outside::timed",
    "outside::paid",
    "outside::probe",
    "outside::probe_async",
];

static OTHER: Breaker = Breaker::new("outside::other", BreakerSettings::new());

/// All calls that plugged-in code may make to the engine. The slow questions only the first `times`.
pub(super) fn call_back(times: u32) {
    assert!(inner().is_err() && inner_debug().is_err());
    OTHER.force_open();
    OTHER.force_close();
    if times <= 2 {
        questions();
        let empty = Config::default().with_environment([("", ""); 0]);
        retry_config::apply(empty).expect("it is empty");
        drop(retry_runtime::events::observe(|_| ()));
    }
}

/// Everything that can be asked.
pub(super) fn questions() {
    for name in SITES {
        assert!(retry_runtime::stats(name).is_some() && retry_runtime::history(name).is_some());
    }
    retry_config::explain("outside::paid").expect("it is listed");
    for call in live::calls() {
        let _ = format!("{call} {call:?}");
    }
    for breaker in retry_runtime::breakers() {
        let _ = (breaker.mode(), breaker.figures(), breaker.snapshot());
    }
    for budget in retry_runtime::budgets().values() {
        assert!(budget.available() <= budget.capacity());
    }
    assert!(retry_runtime::sites().count() > 0);
    drop((retry_runtime::doctor(), retry_runtime::overview(), retry_config::current()));
    retry_metrics::publish();
}
