#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod ambient;
mod attempt;
mod backoff;
pub mod breaker;
pub mod budget;
mod call;
mod cancel;
#[cfg(feature = "chaos")]
pub mod chaos;
pub mod classify;
mod clock;
#[cfg(feature = "config")]
pub mod config;
mod doctor;
mod drive;
mod error;
mod event;
pub mod events;
mod glue;
mod handle;
mod history;
mod inject;
mod interruption;
mod jitter;
mod kinds;
pub mod live;
#[cfg(feature = "metrics")]
pub mod metrics;
mod now;
mod observe;
mod outcome;
mod place;
#[cfg(any(feature = "testing", feature = "chaos"))]
mod plan;
mod policy;
#[cfg(feature = "progress")]
pub mod progress;
mod redact;
mod registry;
#[doc(hidden)]
pub mod resume;
pub mod retry_after;
mod rng;
mod setting;
mod site;
mod sleeping;
mod span;
mod stats;
mod sync;
mod tally;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
pub mod timer;
mod words;

pub use attempt::{Attempt, CallId};
pub use backoff::Backoff;
pub use cancel::{Cancel, CancelToken, Cancelled, MaybeCancelled};
pub use classify::{Class, Classify, Kind};
pub use doctor::{Diagnosis, Finding, doctor};
pub use drive::Retry;
pub use error::RetryError;
pub use handle::{BreakerHandle, BudgetHandle};
pub use history::{AttemptRecord, Delay, DelaySource, PastCall, Report, StopReason};
pub use inject::Inject;
pub use interruption::{Interruptible, Interruption};
pub use jitter::Jitter;
pub use kinds::Kinds;
pub use now::Now;
pub use observe::{Observe, observe, observe_blocking};
pub use outcome::{Missing, Outcome};
pub use policy::{DelayRange, Policy, PolicyError};
pub use redact::redact_errors_with;
pub use registry::{clear, clear_all, history, overview, site, sites, sites_named, stats};
#[cfg(feature = "macros")]
pub use retry_macros::*;
pub use setting::SettingError;
pub use site::{HistoryLimits, Meta, Site, limit_history};
pub use stats::{Failures, Reasons, Stats};

// The examples of the front page compile.
#[cfg(all(doctest, feature = "macros", feature = "reqwest", feature = "config"))]
#[doc = include_str!("../README.md")]
struct Readme;
