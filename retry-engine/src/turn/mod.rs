//! The only code that waits: runs one attempt, judges it, and sleeps before the next.
//!
//! Generated code loops over turns:
//!
//! ```text
//! let mut call = Call::start(&SITE);
//! loop {
//!     match call.turn(async { … }).classified(…).await {
//!         Turned::Quick(out) => { call.close(); break out }
//!         Turned::Out(out) => { break out }
//!         Turned::Again => {}
//!     }
//! }
//! ```
//!
//! A turn is one attempt and the pause after it. It resolves to the outcome if the call has ended, and to `Again` if
//! another attempt follows. It holds no outcome while it sleeps, so the future is `Send` even if the error is not.

mod blocking;
mod body;
mod breaker_wait;
mod breaking;
mod builder;
mod faults;
mod guard;
mod judge;
mod judging;
mod looped;
mod pause;
mod policy_call;
mod retrying;
mod retrying_arguments;
mod rules;
mod running;
#[cfg(test)]
mod tests;
mod turned;
mod uncut;
mod work;

pub use builder::Turn;
pub use retrying::Retrying;
#[cfg(feature = "tower")]
pub(crate) use rules::{Hook, Judge, Judged};
pub use rules::{LookedUp, Rules, Unset};
pub use turned::Turned;
pub use work::{IsBreaker, IsToken, Vacant};
