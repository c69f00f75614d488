//! A dependency that is down: every attempt fails, and a `tracing` subscriber writes what a level of `INFO` shows.
//!
//! The subscriber is that of `tracing-subscriber`, with its default format, into a sink. The clock is tokio's, paused: the
//! limit of events a second is reached after the first calls, and stays so.

use std::cell::RefCell;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use retry_runtime::events::{self, EventKind};
use retry_runtime::retryable;
use tokio::runtime::{Builder, EnterGuard, Runtime};
use tracing::subscriber::DefaultGuard;
use tracing::{Level, warn};

use crate::Candidate;
use crate::case::{Case, Work};
use crate::hand::{HAND, NOTHING};
use crate::work::{ANSWER, Answer, Failure, RETRIES, Script, attempt};

const FIELDS: &str = "hand-written loop, all fields";
const UNHEARD: &str = "ours, without a subscriber";
const UNLIMITED: &str = "ours, every event written";
const LIMITED: &str = "ours, ten events a second";

const VERSION: &str = "this repository";

/// The candidates of this module.
pub const CANDIDATES: &[Candidate] = &[
    Candidate {
        name: FIELDS,
        version: "",
        has: "a counter, a `match`, a clock, and a `warn!` with the fields of our events for each failure",
        lacks: "everything else",
    },
    Candidate { name: UNHEARD, version: VERSION, has: "budget, no subscriber", lacks: "" },
    Candidate {
        name: UNLIMITED,
        version: VERSION,
        has: "budget, a subscriber, and no limit (`events::set_rate(kind, None)`)",
        lacks: "",
    },
    Candidate {
        name: LIMITED,
        version: VERSION,
        has: "budget, a subscriber, and the default limit of events a second",
        lacks: "",
    },
];

/// The cases of every candidate.
pub const CASES: &[Case] = &[
    Case::blocking(Work::Storm, NOTHING, |script| {
        script.fail(4);
        Ok(ANSWER)
    }),
    Case::blocking(Work::Storm, HAND, |script| failed(script, four_warnings)).with(subscribe),
    Case::blocking(Work::Storm, FIELDS, |script| failed(script, all_fields)).with(subscribe),
    Case::blocking(Work::Storm, UNHEARD, |script| failed(script, unheard)).with(pause_clock),
    Case::blocking(Work::Storm, UNLIMITED, |script| failed(script, unlimited))
        .with(subscribe_to_all),
    Case::blocking(Work::Storm, LIMITED, |script| failed(script, limited)).with(subscribe),
];

/// Makes a call whose attempts all fail.
#[inline(always)]
fn failed(script: &'static Script, call: fn(&Script) -> Answer) -> Answer {
    script.fail(4);
    call(script).or(Ok(ANSWER))
}

thread_local! {
    static CLOCK: RefCell<Option<EnterGuard<'static>>> = const { RefCell::new(None) };
    static SUBSCRIBER: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
    static RUNTIME: &'static Runtime = {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build();
        Box::leak(Box::new(runtime.expect("a runtime without I/O can be built")))
    };
}

fn pause_clock(on: bool) {
    CLOCK.set(on.then(|| RUNTIME.with(|runtime| runtime.enter())));
}

fn subscribe(on: bool) {
    pause_clock(on);
    SUBSCRIBER.set(on.then(|| {
        let subscriber = tracing_subscriber::fmt().with_max_level(Level::INFO);
        let subscriber = subscriber.with_ansi(false).with_writer(io::sink).finish();
        tracing::subscriber::set_default(subscriber)
    }));
    // `tracing` remembers the level of a subscriber that is gone, unless it is told.
    tracing::callsite::rebuild_interest_cache();
}

/// Without a limit of events a second.
fn subscribe_to_all(on: bool) {
    for kind in [EventKind::RetryScheduled, EventKind::CallFinished] {
        match on {
            true => events::set_rate(kind, None),
            false => events::reset_rate(kind),
        }
    }
    subscribe(on);
}

fn four_warnings(script: &Script) -> Answer {
    let mut retries = 0;
    loop {
        match attempt(script) {
            Err(failure) if retries < RETRIES && failure.is_transient() => {
                retries += 1;
                warn!("attempt {retries} failed, trying again: {failure}");
                thread::sleep(Duration::ZERO);
            }
            Err(failure) => {
                warn!("gave up after {} attempts: {failure}", retries + 1);
                return Err(failure);
            }
            Ok(value) => return Ok(value),
        }
    }
}

fn all_fields(script: &Script) -> Answer {
    let (started, limit, call, site) = (Instant::now(), RETRIES + 1, 7_u64, "benches::storm");
    let mut attempts = 0;
    loop {
        attempts += 1;
        let failure = match attempt(script) {
            Ok(value) => return Ok(value),
            Err(failure) => failure,
        };
        let (error, kind) = (failure.to_string(), "transient");
        let error = error.as_str();
        if attempts == limit || !failure.is_transient() {
            let duration_s = started.elapsed().as_secs_f64();
            let (event, reason) = ("call.finished", "exhausted");
            warn!(event, site, call, attempts, reason, kind, error, duration_s, "call failed");
            return Err(failure);
        }
        let (event, delay) = ("retry.scheduled", Duration::ZERO);
        let (attempt, delay_s) = (attempts, delay.as_secs_f64());
        warn!(event, site, call, attempt, limit, kind, error, delay_s, "retry scheduled");
        thread::sleep(delay);
    }
}

// A budget that charges for each retry and that these calls do not empty.
const CHEAP: f64 = 0.001;

/// Each candidate has functions of its own: the limit is that of a function.
macro_rules! storm {
    ($name:ident) => {
        #[inline(never)]
        #[retryable(max = 3, base = "0s", backoff = fixed, jitter = none, budget(capacity = 10_000, cost = CHEAP))]
        fn $name(script: &Script) -> Result<u32, Failure> {
            attempt(script)
        }
    };
}

storm!(unheard);
storm!(unlimited);
storm!(limited);
