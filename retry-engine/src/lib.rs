//! The engine of `retry-runtime`, a crate that re-exports all of this one: depend on `retry-runtime` instead.
//!
//! It is a crate of its own so that it and the macros are compiled at the same time.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "sites"),
    allow(
        dead_code,
        unreachable_pub,
        unused_macros,
        unused_imports,
        reason = "the layers below also serve calls of sites"
    )
)]

mod base;
#[cfg(feature = "sites")]
pub mod breaker;
#[cfg(feature = "sites")]
pub mod budget;
#[cfg(feature = "sites")]
mod call;
mod course;
#[cfg(feature = "sites")]
mod event;
mod failure;
#[cfg(not(feature = "sites"))]
mod lean;
mod policy;
#[cfg(feature = "sites")]
mod private;
mod report;
#[cfg(feature = "sites")]
mod site;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "sites")]
mod turn;
mod wait;

#[cfg(feature = "sites")]
pub use base::setting::SettingError;
#[cfg(feature = "sites")]
pub use call::{
    by_name::{breaker, budget},
    cancel::{Cancel, CancelToken, Cancelled, MaybeCancelled},
    inherited::{Inherited, inherited},
    live,
    observe::{Observe, observe, observe_blocking},
};
pub use course::{Next, Retry, Steps};
pub use failure::before::AfterFailure;
#[cfg(feature = "http")]
pub use failure::check_status::{CheckStatus, StatusError};
pub use failure::class::{Class, Classify, Kind};
#[cfg(feature = "sites")]
pub use failure::inject::Inject;
pub use failure::interruption::Interruption;
pub use failure::kinds::Kinds;
pub use failure::outcome::{Interruptible, Missing, Outcome};
pub use failure::redact::redact_errors_with;
pub use failure::retry_after;
pub use failure::verdict::{HintOrClass, Rejection, Verdict};
#[cfg(not(feature = "sites"))]
pub use lean::Retrying;
pub use policy::backoff::Backoff;
pub use policy::hint::Hint;
pub use policy::jitter::Jitter;
pub use policy::{DelayRange, Policy, PolicyError};
pub use report::attempt::{Attempt, CallId};
pub use report::reason::StopReason;
pub use report::record::{AttemptRecord, Delay, DelaySource, PastCall, Report};
#[cfg(feature = "sites")]
pub use report::{
    error::RetryError,
    latency::Latency,
    stats::{Failures, Reasons, Stats},
};
#[cfg(feature = "sites")]
pub use site::{
    BreakerRef, HistoryLimits, Meta, Site, breakers, budget_keys, budgets,
    doctor::{Diagnosis, Finding, doctor},
    limit_history,
    registry::{clear, clear_all, history, overview, site, sites, sites_named, stats},
};
#[cfg(feature = "sites")]
pub use turn::Retrying;
pub use wait::timer;

pub mod classify {
    #![doc = include_str!("failure/guide.md")]

    pub use crate::failure::chain::of_error_chain;
    pub use crate::failure::class::{Class, Classify, Kind};
    pub use crate::failure::messages::{Patterns, of_message};
    pub use crate::failure::of_status::of_status;
}

#[cfg(feature = "sites")]
pub mod events {
    #![doc = include_str!("event/guide.md")]

    pub use crate::event::*;
}

#[cfg(feature = "sites")]
/// Calls whose attempts are made apart from each other, for queues of tasks.
#[doc(hidden)]
pub mod resume {
    pub use crate::call::handover::{budget, ended, judge, limit, pay};
    pub use crate::call::resume::*;
    pub use crate::failure::redact::kept;
}

#[cfg(feature = "sites")]
/// The seams of the engine for its companion crates, which depend on exactly this version.
#[doc(hidden)]
pub mod control {
    pub use crate::base::border::contained;
    pub use crate::base::by_name::ByName;
    pub use crate::base::clock::real_now;
    pub use crate::base::line::OneLine;
    pub use crate::base::pool::Pool;
    pub use crate::base::rng::Rng;
    pub use crate::base::sync::lock;
    pub use crate::event::emit::{config_applied, config_refused, configurations};
    pub use crate::policy::fields::Fields;
    pub use crate::policy::hint::HintCap;
    pub use crate::policy::{Attempts, Parts};
    pub use crate::site::configuration::{
        Choice, Configuration, Restart, SiteSettings, is_retried, made, on_declared, protection,
        short_name,
    };
    pub use crate::site::ledger::totals;
    pub use crate::site::{SiteBreaker, SiteBudget};

    /// Interceptors of calls.
    pub mod intercept {
        pub use crate::call::intercept::*;
        pub use crate::call::intercepted::{here, install, set_thread, within};
    }
}

#[cfg(feature = "sites")]
/// The types and traits of annotated functions that a message of rustc may name. It names a type by a path that a program can
/// reach, and without one by the file of the engine.
#[doc(hidden)]
pub mod annotated {
    pub use crate::call::cancel::token;
    pub use crate::call::inherited::Inherits;
    pub use crate::call::key::Key;
    pub use crate::call::observe::Observed;
    pub use crate::call::state::Call;
    pub use crate::course::work::{Awaited, Awaits, Blocks, Interrupted, Runs, Yields};
    pub use crate::failure::derived::{of_display, of_status_field};
    pub use crate::failure::hint::RetryAfterHint;
    pub use crate::failure::into_class::IntoClass;
    pub use crate::failure::status::HttpStatus;
    pub use crate::private::per_call::{Count, TimeLimit, count, limit};
    pub use crate::private::{By, Failure, RecoverFuture, Recovers, Reported, recovering};
    pub use crate::turn::{IsBreaker, IsToken, LookedUp, Rules, Turn, Unset, Vacant};
}

#[cfg(feature = "sites")]
/// Everything that generated code names.
#[doc(hidden)]
pub mod __private {
    pub use crate::private::*;
}
