//! Calls of a `Policy` where the crate is built without `sites`: a loop over the decisions, and nothing that is kept.
//!
//! | file | holds |
//! |---|---|
//! | `attempts` | the attempts of one call: their numbers, their limits, the decision after each, the timer of an `async` call |
//! | `retrying`, `rules` | a policy at work on a closure, and the rules for its outcomes |
//! | `policy_call` | [`Policy::call`](crate::Policy::call) and its siblings |

mod attempts;
mod policy_call;
mod retrying;
mod rules;

pub use retrying::Retrying;
