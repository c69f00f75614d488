//! The ways into the engine. Each returns what its caller sees, as text.

use std::fmt::Debug;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use retry_config::Config;
use retry_runtime::live::{self, LiveCall};
use retry_runtime::{Kind, breaker, budget};

use super::functions::{
    Argument, Body, Key, PROBED, SITES, Token, Trouble, awaited, blocking, fails_with_debug, hangs,
    paid, probe, probe_async, timed,
};
use super::plugged::sleep_for_ever;

/// An entry: its name, and what it does.
pub(super) type Entry = (&'static str, fn() -> String);

pub(super) const ENTRIES: &[Entry] = &[
    ("stats", || said(SITES.map(|name| retry_runtime::stats(name).is_some()))),
    ("history", || said(SITES.map(|name| retry_runtime::history(name).is_some()))),
    ("sites", || said(retry_runtime::sites().count())),
    ("clear", || said(SITES.map(retry_runtime::clear))),
    ("doctor", || said(retry_runtime::doctor().len())),
    ("config::apply", || {
        let applied =
            apply("[op.\"outside::*\"]\nmax = 2\n[breaker.\"outside::own\"]\nmin_calls = 7");
        format!("{applied} {}", apply(""))
    }),
    ("config::explain", || said(SITES.map(|name| retry_config::explain(name).is_ok()))),
    ("live::calls", || {
        while_asleep(|_, call| said((live::calls().len(), call.to_string().len() > 10)))
    }),
    ("live: retry now", || {
        while_asleep(|future, call| {
            sleep_for_ever(false);
            said((call.retry_now(), poll(future)))
        })
    }),
    ("live: cancel", || {
        while_asleep(|future, call| {
            // The text of the failure before the cancellation is what `Display` and the redactor make of it.
            let without_failure = |error| match error {
                Trouble::Cut(cut) => Trouble::Cut(cut.root()),
                down => down,
            };
            said((call.cancel(), poll(future).map_err(without_failure)))
        })
    }),
    ("breaker orders", || {
        let breaker = breaker("outside::clocked").expect("it is declared");
        breaker.force_open();
        breaker.trip(None);
        breaker.probe();
        breaker.disable();
        breaker.shadow();
        breaker.force_close();
        breaker.reset();
        said(breaker.mode())
    }),
    ("breaker snapshot", || {
        let breaker = breaker("outside::clocked").expect("it is declared");
        breaker.force_open();
        let open = breaker.snapshot();
        breaker.force_close();
        breaker.restore(&open);
        breaker.force_close();
        said((breaker.mode(), breaker.figures().in_flight))
    }),
    ("budget handle", || {
        let budget = budget("outside::paid").expect("it is declared");
        said((
            budget.available() <= budget.capacity(),
            budget.try_withdraw(Kind::Transient).is_ok(),
        ))
    }),
    ("metrics::publish", || {
        retry_metrics::publish();
        String::new()
    }),
    ("a blocking call that succeeds", || said(call(Body::Succeeds))),
    ("a blocking call that fails", || said(call(Body::Fails))),
    ("a blocking call whose body panics", || said(call(Body::Panics))),
    ("an async call that succeeds", || said(block_on(call_async(Body::Succeeds)))),
    ("an async call that fails", || said(block_on(call_async(Body::Fails)))),
    ("an async call whose body panics", || said(block_on(call_async(Body::Panics)))),
    ("a call whose error has only Debug", || said(fails_with_debug().is_err())),
    ("a timed call", || said(block_on(timed()))),
    ("a call that pays", || said(paid().is_err())),
    ("a probe that fails", || {
        PROBED.probe();
        said(probe(Argument(Body::Fails), Token).is_err())
    }),
    ("an async probe that fails", || {
        PROBED.probe();
        said(block_on(probe_async(Argument(Body::Fails), Token)).is_err())
    }),
    ("a dropped call", || while_asleep(|_, _| String::new())),
    ("a call dropped by a panic beside it", || {
        // Of a breaker that nothing else uses: the drop says nothing about the other side.
        let beside = catch_unwind(AssertUnwindSafe(|| {
            let mut hanging = Box::pin(hangs());
            assert!(poll(hanging.as_mut()).is_pending());
            std::panic::resume_unwind(Box::new("beside"));
        }));
        let figures = breaker("outside::hangs").expect("it is declared").figures();
        said((beside.is_err(), figures.calls, figures.in_flight))
    }),
];

/// The entries that other callers use while one is blocked.
pub(super) fn of_others() -> impl Iterator<Item = &'static Entry> {
    let names = [
        "config::apply",
        "live: cancel",
        "breaker orders",
        "a blocking call that succeeds",
        "an async call that fails",
        "a timed call",
        "a call that pays",
    ];
    ENTRIES.iter().filter(move |(name, _)| names.contains(name))
}

/// Fails if the callers of the main entries do not see the usual when nothing is disturbed.
pub(super) fn check_undisturbed(entry: &str, said: &str) {
    let usual = match entry {
        "a blocking call that succeeds" | "an async call that succeeds" => "Ok(7)",
        "a blocking call that fails" | "an async call that fails" => "Ok(9)",
        "a blocking call whose body panics" | "an async call whose body panics" => "it panicked",
        "a probe that fails" | "an async probe that fails" => "true",
        "a call whose error has only Debug" | "a call that pays" => "true",
        "a timed call" => "Ok(1)",
        // It panicked beside the call, and the breaker has counted nothing.
        "a call dropped by a panic beside it" => "(true, 0, 0)",
        _ => said,
    };
    assert_eq!(said, usual, "{entry}");
}

fn said(seen: impl Debug) -> String {
    format!("{seen:?}")
}

fn apply(toml: &str) -> String {
    let config = Config::from_toml(toml).expect("it is valid").with_environment([("", ""); 0]);
    retry_config::apply(config).is_ok().to_string()
}

fn call(body: Body) -> Result<u32, Trouble> {
    blocking(Argument(body), Key, Token)
}

async fn call_async(body: Body) -> Result<u32, Trouble> {
    awaited(Argument(body), Key, Token).await
}

fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Every sleep ends at once, so that a few polls reach the end.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..100 {
        if let Poll::Ready(out) = poll(future.as_mut()) {
            return out;
        }
    }
    panic!("the future does not end");
}

type Asleep<'f> = Pin<&'f mut dyn Future<Output = Result<u32, Trouble>>>;

/// Looks at a call during its first sleep, and drops it.
fn while_asleep(look: impl FnOnce(Asleep<'_>, LiveCall) -> String) -> String {
    struct Awake;
    impl Drop for Awake {
        fn drop(&mut self) {
            sleep_for_ever(false);
        }
    }
    let _awake = Awake;
    sleep_for_ever(true);
    let mut future = pin!(call_async(Body::Succeeds));
    if let Poll::Ready(out) = poll(future.as_mut()) {
        return format!("it did not sleep: {out:?}");
    }
    // The newest one: another thread's call may be held up in the list.
    let call = live::calls().into_iter().rfind(|call| call.name() == "outside::awaited");
    look(future, call.expect("it is listed"))
}
