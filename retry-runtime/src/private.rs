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

pub use crate::__retry_places as places;
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
pub use crate::place::{Place, Places, ViaInterruption, ViaNothing};
#[cfg(feature = "testing")]
pub use crate::place::{ViaInject, ViaNoInject};
pub use crate::registry::Entry;
pub use crate::site::{Meta, Site, SiteBreaker, SiteBudget};
pub use crate::text::{Text, ViaDebug, ViaDisplay, ViaName};
#[cfg(not(all(test, retry_loom)))]
pub use crate::words::budget;
pub use crate::words::{By, backoff, jitter, setting};
pub use crate::{Attempt, Backoff, CallId, Jitter, Kinds, Policy};

/// What can be put in the place of an outcome, as far as the type of this `Place` allows. What it expands to
/// depends on the runtime's features, which generated code cannot know.
#[cfg(not(feature = "testing"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_places {
    ($place:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::{ViaInterruption as _, ViaNothing as _};
        $crate::__private::Places::new((&&$place).retry_place())
    }};
}

/// As above, with the errors that a test may make to order.
#[cfg(feature = "testing")]
#[doc(hidden)]
#[macro_export]
macro_rules! __retry_places {
    ($place:ident) => {{
        #[allow(unused_imports)]
        use $crate::__private::{
            ViaInject as _, ViaInterruption as _, ViaNoInject as _, ViaNothing as _,
        };
        $crate::__private::Places::new((&&$place).retry_place())
            .injecting((&&$place).retry_inject())
    }};
}
