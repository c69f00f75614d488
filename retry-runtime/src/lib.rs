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
pub mod classify;
mod clock;
mod drive;
mod error;
mod event;
mod glue;
mod handle;
mod history;
mod interruption;
mod jitter;
mod kinds;
mod now;
mod observe;
mod outcome;
mod policy;
mod registry;
#[doc(hidden)]
pub mod resume;
pub mod retry_after;
mod rng;
mod setting;
mod site;
mod span;
mod sync;
mod text;
pub mod timer;
mod words;

pub use attempt::{Attempt, CallId};
pub use backoff::Backoff;
pub use cancel::{Cancel, CancelToken, Cancelled, MaybeCancelled};
pub use classify::{Class, Classify, Kind};
pub use drive::Retry;
pub use error::RetryError;
pub use handle::{BreakerHandle, BudgetHandle};
pub use history::{AttemptRecord, Delay, DelaySource, Report, StopReason};
pub use interruption::{Interruptible, Interruption};
pub use jitter::Jitter;
pub use kinds::Kinds;
pub use now::Now;
pub use observe::{Observe, observe, observe_blocking};
pub use outcome::{Missing, Outcome};
pub use policy::{DelayRange, Policy, PolicyError};
pub use registry::{site, sites};
#[cfg(feature = "macros")]
pub use retry_macros::*;
pub use setting::SettingError;
pub use site::{Meta, Site};

// The examples of the front page compile.
#[cfg(all(doctest, feature = "macros", feature = "reqwest"))]
#[doc = include_str!("../README.md")]
struct Readme;
