//! The names that generated code uses. No other code may use them.

mod outputs;
pub mod per_call;
mod words;

pub use std::any::type_name;
pub use std::borrow::Cow;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::convert::From;
pub use std::fmt::Display;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{Err, Ok};
pub use std::time::Duration;
pub use std::{concat, file, line, module_path};

pub use inventory;

pub use self::outputs::{
    Failure, RecoverFuture, Recovers, Reported, absent, absent_for, conjure, future, outcome,
    recovered, recovering,
};
#[cfg(not(all(test, retry_loom)))]
pub use self::words::budget;
pub use self::words::{By, backoff, hint, jitter, setting};
pub use crate::base::name::MethodName;
pub use crate::breaker::{BreakerSettings, Share};
pub use crate::budget::BudgetSettings;
pub use crate::call::cancel::token;
pub use crate::call::key::KeyText;
pub use crate::call::state::Call;
pub use crate::failure::class::{Class, Classify, Kind};
pub use crate::failure::derived::{of_display, of_status_field, or_hint};
pub use crate::failure::hint::RetryAfterHint;
pub use crate::failure::inject::Inject;
pub use crate::failure::interruption::Interruption;
pub use crate::failure::into_class::IntoClass;
pub use crate::failure::kinds::Kinds;
pub use crate::failure::lookup::{
    ByClassify, ByTypeName, NoFromInterruption, NoInject, carried_with, describe_with,
};
pub use crate::failure::status::HttpStatus;
pub use crate::policy::Policy;
pub use crate::policy::backoff::Backoff;
pub use crate::policy::jitter::Jitter;
pub use crate::report::attempt::{Attempt, CallId};
pub use crate::site::registry::Entry;
pub use crate::site::{Meta, NO_BREAKER, Site, SiteBreaker, SiteBudget};
pub use crate::turn::Turned;
