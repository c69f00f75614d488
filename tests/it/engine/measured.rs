//! The latency of functions with `measure`.

use std::time::Duration;

use retry_config::Config;
use retry_runtime::{observe_blocking, retryable, site};
use tokio::time::sleep;

use super::{Failure, ms};
use crate::virtual_time::{advance, virtually};

fn latency(name: &str) -> Option<retry_runtime::Latency> {
    site(name).expect("the function is linked").latency()
}

fn assert_near(found: Option<Duration>, expected: Duration) {
    let found = found.expect("attempts were measured");
    assert!(found.abs_diff(expected) <= expected / 31, "{found:?} is not {expected:?}");
}

#[retryable(max = 2, base = "1s", jitter = none, budget = none, measure, name = "measured::blocking")]
fn blocking(times: &[u64]) -> Result<u32, Failure> {
    let made = retry_runtime::stats("measured::blocking").map_or(0, |stats| stats.calls());
    let at = latency("measured::blocking").map_or(0, |latency| latency.count()) - made;
    advance(ms(times[at as usize]));
    if at as usize + 1 < times.len() { Err(Failure::Refused) } else { Ok(1) }
}

#[test]
fn every_attempt_of_a_measured_function_is_counted_with_its_duration_and_no_pause() {
    virtually(|| {
        blocking(&[5, 80, 300]).expect("the third attempt succeeds");
        let latency = latency("measured::blocking").expect("attempts were measured");
        assert_eq!(latency.count(), 3);
        assert_near(latency.p50(), ms(80));
        assert_near(latency.p99(), ms(300));
        assert_near(latency.quantile(0.1), ms(5));
    });
}

#[retryable(max = 1, base = "1s", timeout = "2s", deadline = "10s", idempotent, budget = none, measure, name = "measured::awaited")]
async fn awaited(takes: Duration) -> Result<u32, Failure> {
    sleep(takes).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_its_timeout_cuts_off_counts_as_long_as_it_ran() {
    awaited(ms(40)).await.expect("a success");
    assert_near(latency("measured::awaited").expect("measured").p99(), ms(40));
    awaited(ms(9_000)).await.expect_err("both attempts take too long");
    let latency = latency("measured::awaited").expect("measured");
    assert_eq!(latency.count(), 3);
    assert_near(latency.p99(), ms(2_000));
}

#[retryable(max = 0, budget = none, measure, name = "measured::dropped")]
async fn dropped() -> Result<u32, Failure> {
    sleep(ms(1_000)).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_was_dropped_has_no_duration() {
    tokio::time::timeout(ms(10), dropped()).await.expect_err("the caller leaves");
    assert_eq!(latency("measured::dropped"), None);
}

#[retryable(max = 0, budget = none, measure, label = part, name = "measured::labelled")]
fn labelled(part: &str, millis: u64) -> Result<u32, Failure> {
    advance(ms(millis));
    Ok(part.len() as u32)
}

#[test]
fn the_latency_of_a_function_has_that_of_its_labels() {
    virtually(|| {
        labelled("quick", 10).expect("a success");
        labelled("slow", 700).expect("a success");
        assert_eq!(latency("measured::labelled").expect("measured").count(), 2);
        let parts = site("measured::labelled").expect("linked").parts();
        let of = |at: usize| parts[at].latency().expect("measured").p50();
        assert_near(of(0), ms(10));
        assert_near(of(1), ms(700));
    });
}

#[retryable(max = 0, budget = none, measure = false, name = "measured::not")]
fn not_measured() -> Result<u32, Failure> {
    Ok(1)
}

#[retryable(max = 0, budget = none, measure, name = "measured::observed")]
fn observed() -> Result<u32, Failure> {
    advance(ms(20));
    Ok(1)
}

#[test]
fn an_observed_call_is_reported_and_measured_and_counted_once() {
    virtually(|| {
        let (_, report) = observe_blocking(observed);
        assert_near(report.attempts[0].duration, ms(20));
        assert_eq!(latency("measured::observed").expect("measured").count(), 1);
        assert_eq!(retry_runtime::stats("measured::observed").expect("linked").first_try, 1);
    });
}

#[test]
fn a_function_that_does_not_measure_has_no_latency() {
    not_measured().expect("a success");
    assert_eq!(latency("measured::not"), None);
    assert!(!site("measured::not").expect("linked").is_measured());
}

#[retryable(max = 0, budget = none, measure, name = "measured::cleared")]
fn cleared() -> Result<u32, Failure> {
    Ok(1)
}

#[test]
fn a_function_that_is_cleared_begins_its_latency_anew() {
    cleared().expect("a success");
    retry_runtime::clear("measured::cleared");
    assert_eq!(latency("measured::cleared").map(|latency| latency.count()), Some(0));
}

#[test]
fn an_explanation_tells_where_measure_comes_from() {
    let explained = |toml: &str, name: &str| {
        let config = Config::from_toml(toml).expect("a configuration");
        let explained = retry_config::export().explain(&config, name).expect("it is linked");
        let row = explained.get("measure").expect("it is always told");
        (row.value.clone(), row.origin.to_string())
    };
    let (value, origin) = explained("", "measured::awaited");
    assert_eq!((value.as_str(), origin.starts_with("attribute")), ("true", true));
    // The attribute stands above the defaults, and below a section of its own.
    let defaults = "[defaults]\nmeasure = true";
    assert_eq!(explained(defaults, "measured::not").0, "false");
    let section = "[op.\"measured::awaited\"]\nmeasure = false";
    assert_eq!(explained(section, "measured::awaited").0, "false");
    assert_eq!(explained(defaults, "measured::plain").0, "true");
}

#[retryable(max = 0, budget = none, name = "measured::plain")]
fn plain() -> Result<u32, Failure> {
    Ok(1)
}

#[test]
fn the_counts_of_a_plain_function_need_no_latency() {
    plain().expect("a success");
    assert_eq!(latency("measured::plain"), None);
}
