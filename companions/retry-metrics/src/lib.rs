//! Counts, durations and states through the crate [`metrics`](https://docs.rs/metrics), for whichever exporter the
//! program has installed.
//!
//! Calls that succeed at once cost nothing for it: the counts are those that every function keeps anyway
//! ([`Site::stats`](retry_runtime::Site::stats)), and [`publish`] hands them over when it is called. What is measured at
//! each failure, an observer hands over at once ([`record`]). [`export`] does both.
//!
//! | metric | type | unit | attributes | is |
//! |---|---|---|---|---|
//! | `retry.calls` | counter | `{call}` | `retry.site`, `retry.outcome` | calls that have ended: `first_try`, `after_retry`, `failed`, `recovered`, `cancelled` |
//! | `retry.calls.unattempted` | counter | `{call}` | `retry.site` | calls that ended before their first attempt: an open breaker refused them, or they were cancelled; without them `retry.attempts` through `retry.calls` would fall below 1 |
//! | `retry.attempts` | counter | `{attempt}` | `retry.site` | attempts of these calls |
//! | `retry.retries` | counter | `{retry}` | `retry.site`, `retry.number` | retries of these calls by their number, from 1; 16 stands for all further ones |
//! | `retry.retries.wasted` | counter | `{retry}` | `retry.site` | retries of calls that failed all the same |
//! | `retry.failures` | counter | `{attempt}` | `retry.site`, `retry.kind` | attempts that failed, by the failure's kind |
//! | `retry.stops` | counter | `{call}` | `retry.site`, `retry.reason` | calls by the reason why no further attempt was made |
//! | `retry.delay` | histogram | `s` | `retry.site`, `retry.delay.source` | pauses before retries, as decided: by the `backoff`, or by a server's `hint` |
//! | `retry.call.duration` | histogram | `s` | `retry.site`, `retry.reason` | time of calls that did not succeed at once, pauses included; of functions with a `deadline` or a `timeout`, whose first attempts are timed |
//! | `retry.attempt.duration` | histogram | `s` | `retry.site` | time of attempts that succeeded, failed or were cut off, of functions with `measure`; handed over by [`publish`], rounded to a sixteenth |
//! | `retry.live` | gauge | `{call}` | `retry.site` | calls that are being retried now |
//! | `retry.enabled` | gauge | `{function}` | `retry.site` | 1 if the function makes more than one attempt, 0 if its attribute or a configuration turned retries off |
//! | `retry.configurations` | counter | `{configuration}` | `retry.result` | configurations that were `applied`, and changed files that were `refused` for their mistakes |
//! | `retry.breaker.state` | gauge | `{breaker}` | `retry.breaker`, `retry.state` | 1 for the state that the breaker is in, else 0; of a table of breakers, how many are in the state |
//! | `retry.breaker.transitions` | counter | `{transition}` | `retry.breaker`, `retry.state.from`, `retry.state.to` | changes of state |
//! | `retry.breaker.rejections` | counter | `{attempt}` | `retry.breaker` | attempts that the breaker refused |
//! | `retry.budget.tokens` | gauge | `{token}` | `retry.budget` | tokens that are left for retries |
//! | `retry.budget.owed` | gauge | `{token}` | `retry.budget` | tokens that are owed |
//! | `retry.budget.capacity` | gauge | `{token}` | `retry.budget` | tokens that may be owed; follows the volume of calls where no capacity is set |
//!
//! Counts are of whole processes and never go down, also when [`clear`](retry_runtime::clear) starts a function's own again. Names
//! and units follow OpenTelemetry; an exporter for Prometheus writes `retry_calls{retry_site="…"}`. Functions
//! that share a name are counted together, and so are the breakers of a table, whose keys may be many: [`publish_keys`] also shows some of them
//! one by one.
//!
//! An exporter that sorts durations into buckets is told which: [`SECONDS`] are some.
//!
//! ```
//! use std::time::Duration;
//!
//! // After the exporter was installed:
//! let export = retry_metrics::export(Duration::from_secs(5))?;
//! # drop(export);
//! # Ok::<(), std::io::Error>(())
//! ```

mod export;
mod keys;
mod latency;
mod publish;
mod record;
mod table;

pub use export::{Export, export};
pub use keys::publish_keys;
pub use publish::publish;
pub use record::record;
pub use table::{ALL, Instrument, Metric, SECONDS};

// The example of the front page compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
