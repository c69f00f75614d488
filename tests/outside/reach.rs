//! Which code runs in which entry. A cell that is not named here does not apply: that entry does not reach that code.

use super::act::Point;

const RETRIED: &[&str] = &[
    "a blocking call that succeeds",
    "a blocking call that fails",
    "a blocking call whose body panics",
    "an async call that succeeds",
    "an async call that fails",
    "an async call whose body panics",
    "a dropped call",
    "live: retry now",
    "live: cancel",
];

const OTHER_FAILURES: &[&str] =
    &["a call that pays", "a probe that fails", "an async probe that fails"];

const NO_DISPLAY: &[&str] = &["a call whose error has only Debug"];

const NOT_FAILING: &[&str] = &["a timed call", "a call dropped by a panic beside it"];

const BREAKERS: &[&str] = &["breaker orders", "breaker snapshot"];

const SUCCEEDING: &[&str] = &["a blocking call that succeeds", "an async call that succeeds"];

const FAILING: &[&str] = &["a blocking call that fails", "an async call that fails"];

/// The entries that reach the code at this point.
fn entries(point: Point) -> &'static [&'static [&'static str]] {
    match point {
        Point::Observer | Point::StreamReader | Point::Subscriber => {
            &[RETRIED, OTHER_FAILURES, NO_DISPLAY, NOT_FAILING, BREAKERS, &["config::apply"]]
        }
        Point::Recorder => &[RETRIED, OTHER_FAILURES, NO_DISPLAY, BREAKERS, &["metrics::publish"]],
        Point::BreakerObserver => &[FAILING, BREAKERS],
        Point::Redactor => &[RETRIED, OTHER_FAILURES, NO_DISPLAY],
        Point::Display | Point::Describe | Point::Classify => &[RETRIED, OTHER_FAILURES],
        Point::Debug => &[NO_DISPLAY],
        Point::Hook | Point::Key | Point::Backoff | Point::When | Point::Clone => &[RETRIED],
        Point::Timer | Point::Token => &[RETRIED],
        Point::RetryIf => &[SUCCEEDING, &["live: retry now"]],
        Point::Recover => &[FAILING],
        Point::Clock => &[RETRIED, OTHER_FAILURES, NO_DISPLAY, NOT_FAILING, &["metrics::publish"]],
        Point::Warning => &[],
        Point::BreakerClock => &[BREAKERS, &["a timed call", "metrics::publish"]],
        Point::Interceptor => &[RETRIED, OTHER_FAILURES, NO_DISPLAY, NOT_FAILING],
    }
}

/// Fails if an entry no longer reaches the code that it is here for: its cells would prove nothing.
pub(super) fn check(reached: &[(Point, &str)]) {
    for point in Point::ALL {
        for entry in entries(point).concat() {
            assert!(reached.contains(&(point, entry)), "`{entry}` does not reach {point:?}");
        }
    }
}
