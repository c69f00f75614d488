//! Fallback, retry and breaker around one function, in our order and, written by hand, in the other order.
//!
//! The settings of an attribute are constants, so each case has its own function; the attempt limit in the file is
//! compared with the function's policy.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use retry_runtime::breaker::{Breaker, BreakerSettings};
use retry_runtime::{
    Classify, Interruption, Policy, RetryError, StopReason, observe_blocking, retryable, site,
};
use serde_norway::Value;

use super::{millis, run};
use crate::virtual_time::{now, virtually};

const SKIPPED: [(&str, &str); 2] = [
    (
        "CO-008",
        "retries calls that its own breaker refuses; ours ends the call with the last error",
    ),
    ("CO-030", "a fallback for values; ours is for failures, and a rejected value is returned"),
];

#[test]
fn combos_vectors() {
    run(include_str!("../../vectors/combos.yaml"), &SKIPPED, |vector| {
        match vector["id"].as_str().unwrap() {
            "CO-001" => opens_in_the_middle(vector, "combos::opens", opens),
            "CO-003" => opens_in_the_middle(vector, "combos::opens_too", opens_too),
            "CO-007" => is_open_from_the_start(vector),
            "CO-010" => breaker_outside(vector),
            "CO-011" => {
                falls_back(vector, "combos::guarded", guarded);
                let failures =
                    retry_runtime::breaker("combos::guarded").unwrap().figures().failures;
                assert_eq!(u64::from(failures), count(&vector["expect"]["breaker_failures"]));
            }
            "CO-013" => falls_back(vector, "combos::unguarded", unguarded),
            "CO-025" => fallback_outcomes(vector),
            id => panic!("no interpreter for {id}"),
        }
    });
}

#[derive(Clone, Debug, PartialEq, thiserror::Error, Classify)]
enum Failure {
    #[error("{0}")]
    #[classify(transient)]
    Of(String),
    #[error(transparent)]
    #[classify(inherit)]
    Interrupted(#[from] Interruption),
}

/// The body of a case: its remaining steps and its number of runs.
struct Script {
    items: RefCell<Vec<String>>,
    calls: Cell<u64>,
}

impl Script {
    /// Parses items such as `ok` and `err:T *`.
    fn new(items: &Value) -> Self {
        let items = items.as_sequence().unwrap().iter().rev();
        let items = items.map(|item| item.as_str().unwrap().to_owned()).collect();
        Script { items: RefCell::new(items), calls: Cell::new(0) }
    }

    fn body(&self) -> Result<String, Failure> {
        self.calls.set(self.calls.get() + 1);
        let mut items = self.items.borrow_mut();
        let item = match items.last().unwrap().strip_suffix(" *") {
            Some(item) => item.to_owned(),
            None => items.pop().unwrap(),
        };
        match item.split_once(':').unwrap_or((&item, "")) {
            ("err", name) => Err(Failure::Of(name.to_owned())),
            ("ok", _) => Ok(item),
            _ => panic!("unknown item {item}"),
        }
    }
}

fn count(value: &Value) -> u64 {
    value.as_u64().unwrap()
}

/// Compares the attempt limit in the file with the function's.
fn check_limit(vector: &Value, name: &str) {
    let limit = site(name).unwrap().policy().limit().map(u64::from);
    assert_eq!(limit, vector["cfg"]["max_attempts"].as_u64(), "{name}");
}

/// `ok:value` or `err:Name`; an open breaker is `err:BreakerOpen`, whichever error reports it.
fn words(result: &Result<String, Failure>, reason: StopReason) -> String {
    match result {
        Ok(value) if value == "ok" => value.clone(),
        Ok(value) => format!("ok:{value}"),
        Err(_) if reason == StopReason::CircuitOpen => "err:BreakerOpen".to_owned(),
        Err(failure) => format!("err:{failure}"),
    }
}

#[retryable(
    max = 7,
    base = "0s",
    breaker(window = count(4), min_calls = 4, rate = 0.75, open = "50s"),
    name = "combos::opens"
)]
fn opens(script: &Script) -> Result<String, Failure> {
    script.body()
}

/// Like [`opens`]. The peer retries the refusal, because the error matches its list; kinds avoid that.
#[retryable(
    max = 7,
    base = "0s",
    breaker(window = count(4), min_calls = 4, rate = 0.75, open = "50s"),
    name = "combos::opens_too"
)]
fn opens_too(script: &Script) -> Result<String, Failure> {
    script.body()
}

/// The peers return the refusal; ours returns the last failure, with the refusal as the reason.
fn opens_in_the_middle(
    vector: &Value,
    name: &str,
    function: fn(&Script) -> Result<String, Failure>,
) {
    check_limit(vector, name);
    let (script, expect) = (Script::new(&vector["script"]), &vector["expect"]);
    let (result, report) = observe_blocking(|| function(&script));
    assert_eq!(script.calls.get(), count(&expect["calls"]));
    assert_eq!(words(&result, report.reason), expect["result"].as_str().unwrap());
    assert_eq!(result, Err(Failure::Of("T".to_owned())));
    if let Some(failures) = expect["breaker_failures"].as_u64() {
        assert_eq!(u64::from(retry_runtime::breaker(name).unwrap().figures().failures), failures);
    }
}

fn is_open_from_the_start(vector: &Value) {
    #[retryable(max = 20, base = "200ms", jitter = none, breaker(), name = "combos::open")]
    fn open(script: &Script) -> Result<String, Failure> {
        script.body()
    }
    check_limit(vector, "combos::open");
    retry_runtime::breaker("combos::open").unwrap().force_open();
    let (script, expect) = (Script::new(&vector["script"]), &vector["expect"]);
    let ((result, report), elapsed) = virtually(|| {
        let start = now();
        (observe_blocking(|| open(&script)), now() - start)
    });
    assert_eq!(script.calls.get(), count(&expect["calls"]));
    assert_eq!(words(&result, report.reason), expect["result"].as_str().unwrap());
    assert!(matches!(result, Err(Failure::Interrupted(Interruption::CircuitOpen { .. }))));
    assert!(elapsed < millis(&expect["elapsed_lt_ms"]).unwrap());
}

/// An order that the attribute does not offer: the breaker counts the whole call as one result.
fn breaker_outside(vector: &Value) {
    let (cfg, expect) = (&vector["cfg"], &vector["expect"]);
    let failures = count(&cfg["breaker"]["consecutive_failures"]) as u32;
    let breaker = Breaker::new("outside", BreakerSettings::new().consecutive(failures));
    let policy = Policy::new().attempts(count(&cfg["max_attempts"]) as u32).base(Duration::ZERO);
    let script = Script::new(&vector["script"]);
    let result = breaker.call(|| policy.call(|_| script.body())).unwrap();
    assert_eq!(script.calls.get(), count(&expect["calls"]));
    assert_eq!(words(&result, StopReason::Exhausted), expect["result"].as_str().unwrap());
    let figures = breaker.figures();
    assert_eq!(u64::from(figures.failures), count(&expect["breaker_failures"]));
    assert_eq!(u64::from(figures.successes()), count(&expect["breaker_successes"]));
}

thread_local! {
    /// The failures that the fallbacks received.
    static SAW: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn fallback(failure: RetryError<Failure>, _: &Script) -> Result<String, Failure> {
    SAW.with_borrow_mut(|saw| saw.push(format!("err:{}", failure.into_error())));
    Ok("test".to_owned())
}

#[retryable(
    max = 2,
    base = "0s",
    breaker(consecutive = 5),
    recover = fallback,
    name = "combos::guarded"
)]
fn guarded(script: &Script) -> Result<String, Failure> {
    script.body()
}

#[retryable(max = 2, base = "0s", recover = fallback, name = "combos::unguarded")]
fn unguarded(script: &Script) -> Result<String, Failure> {
    script.body()
}

fn falls_back(vector: &Value, name: &str, function: fn(&Script) -> Result<String, Failure>) {
    check_limit(vector, name);
    let (script, expect) = (Script::new(&vector["script"]), &vector["expect"]);
    let (result, report) = observe_blocking(|| function(&script));
    let saw = SAW.take();
    assert_eq!(script.calls.get(), count(&expect["calls"]));
    assert_eq!(words(&result, report.reason), expect["result"].as_str().unwrap());
    assert_eq!(saw.len() as u64, count(&expect["fallback_calls"]));
    if let Some(failure) = expect["fallback_saw"].as_str() {
        assert_eq!(saw, [failure]);
    }
}

/// `fallback_skip_on` becomes a fallback that returns such a failure unchanged.
fn fallback_outcomes(vector: &Value) {
    fn fallback(failure: RetryError<Failure>, _: &str, outcome: &str) -> Result<String, Failure> {
        let failure = failure.into_error();
        if failure.to_string() == "NonFallback" {
            return Err(failure);
        }
        SAW.with_borrow_mut(|saw| saw.push(failure.to_string()));
        match outcome {
            "ok" => Ok("F".to_owned()),
            _ => Err(Failure::Of("fallback_error".to_owned())),
        }
    }
    #[retryable(max = 0, recover = fallback)]
    fn ends(body: &str, outcome: &str) -> Result<String, Failure> {
        match body {
            "ok" => Ok("ok".to_owned()),
            failure => Err(Failure::Of(failure.to_owned())),
        }
    }
    for row in vector["table"]["rows"].as_sequence().unwrap() {
        let column = |index: usize| row[index].as_str().unwrap();
        let result = ends(column(0), column(1));
        let (reported, applied) = column(3).split_once('/').unwrap();
        assert_eq!(words(&result, StopReason::Exhausted), column(2), "{row:?}");
        assert_eq!(result.is_ok(), reported == "ok", "{row:?}");
        assert_eq!(SAW.take().len(), usize::from(applied == "applied"), "{row:?}");
    }
}
