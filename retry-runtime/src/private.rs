//! All that generated code may name, and nothing that anybody else should.

pub use std::borrow::Cow;
pub use std::boxed::Box;
pub use std::clone::Clone;
pub use std::fmt::Display;
pub use std::option::Option::{self, None, Some};
pub use std::result::Result::{Err, Ok};
pub use std::time::Duration;
pub use std::{concat, file, line, module_path};

pub use inventory;

pub use crate::breaker::BreakerSettings;
pub use crate::budget::BudgetSettings;
pub use crate::call::Call;
pub use crate::cancel::token;
pub use crate::classify::derived::{of_display, of_status_field, or_hint};
pub use crate::classify::hint::RetryAfterHint;
pub use crate::classify::into_class::IntoClass;
pub use crate::classify::status::HttpStatus;
pub use crate::classify::{Class, Classify, Kind};
pub use crate::drive::Turned;
pub use crate::glue::{
    Failure, Reported, absent, absent_for, conjure, future, outcome, recovered, recovering,
};
pub use crate::inject::Inject;
pub use crate::place::{ByClass, ByName, NoOrder, NoPlace, in_words};
pub use crate::registry::Entry;
pub use crate::site::{Meta, NO_BREAKER, Site, SiteBreaker, SiteBudget};
#[cfg(not(all(test, retry_loom)))]
pub use crate::words::budget;
pub use crate::words::{By, backoff, jitter, setting};
pub use crate::{Attempt, Backoff, CallId, Jitter, Kinds, Policy};
