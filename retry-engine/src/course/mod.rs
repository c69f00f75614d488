//! The course of a series of attempts: everything that a policy decides without a function, a budget or a breaker.
//!
//! | file | holds |
//! |---|---|
//! | `rules` | the rules of a policy after a failed attempt, for calls and for [`Steps`] |
//! | `steps` | [`Steps`], the decisions for a program that has its own loop |
//! | `work` | the results of the closures that a policy retries |
//! | `retry` | [`Retry`], which the hook before a retry gets |

pub(crate) mod retry;
pub(crate) mod rules;
mod steps;
pub(crate) mod work;

pub use retry::Retry;
pub use steps::{Next, Steps};
