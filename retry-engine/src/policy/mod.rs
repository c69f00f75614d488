//! The policy: how a call is retried, as arithmetic on numbers.
//!
//! | file | holds |
//! |---|---|
//! | `builder`, `limits`, `hint` | [`Policy`], a `const` builder; its limits; its rules for server's hints |
//! | `backoff`, `jitter`, `delays` | how delays grow, how they spread, the delay before each retry |
//! | `check`, `error` | the rules for a valid policy, and their messages |
//! | `nearest` | the nearest valid policy, for settings that a call computes |
//! | `fields` | sets of settings, for policies of which some settings come from another one |
//! | `parts` | the fields of a policy, for code that merges settings |

pub(crate) mod backoff;
mod builder;
mod check;
mod delays;
mod error;
#[cfg(test)]
mod error_tests;
pub(crate) mod fields;
pub(crate) mod hint;
pub(crate) mod jitter;
mod limits;
mod nearest;
mod parts;

pub use builder::Policy;
pub use delays::DelayRange;
pub use error::PolicyError;
pub use parts::{Attempts, Parts};
