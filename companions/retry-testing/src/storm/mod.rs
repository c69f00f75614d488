//! A storm of retries: the effect of a policy, a budget and a breaker on a server that stops answering for a while.
//!
//! [`simulate`] makes the calls of many clients in virtual time, by the engine's own policies, budgets and breakers, and compares
//! the result with other [schemes](Scheme). [`Storm`] displays as tables, and [`Storm::svg`] draws the load and the successes
//! over time. `retry simulate`, a command of the crate `retry-cli`, prints both.
//!
//! ```
//! use retry_runtime::Policy;
//! use retry_testing::storm::{Outage, Scheme, simulate};
//! use std::time::Duration;
//!
//! let outage = Outage::new().clients(70).capacity(100).watch(Duration::from_secs(30));
//! let mine = Scheme::new("mine", Policy::new().max(5).base(Duration::from_millis(200)).idempotent(true));
//! let storm = simulate(&outage, &[mine, Scheme::no_retries()])?;
//! let [mine, none] = &storm.rows[..] else { panic!("a row for each scheme") };
//! assert!(mine.amplification > 1.0 && none.amplification == 1.0);
//! println!("{storm}");
//! # Ok::<(), retry_testing::storm::StormError>(())
//! ```
//!
//! # The model
//!
//! - Calls arrive at random (Poisson), independently of earlier calls. Each belongs to one of the clients, and every client has
//!   its own budget and breaker.
//! - The server handles requests one at a time, in order, and its queue has no end. During the stall it handles none.
//! - A client abandons an attempt after the policy's `timeout`, or else after [`Outage::timeout`]. The server does not notice and
//!   does the work anyway, which is why a storm outlasts its cause. An abandoned attempt is `Ambiguous`: it is retried where
//!   the policy is `idempotent`.
//! - The load has recovered when, from then on, 99 % of the calls of every second succeed, at any attempt. Where fewer than 100
//!   calls arrive in a second, more seconds are taken together.
//! - The seed fixes every random number: the same input gives the same output.

mod agenda;
mod chart;
mod client;
mod clock;
mod outage;
mod report;
mod run;
mod scheme;
mod server;
mod tally;
mod text;
mod written;

pub use outage::{Outage, StormError};
pub use report::{Row, Storm, simulate};
pub use scheme::Scheme;
pub use written::Written;

/// The parts of the model, for simulations of other loads: the example `storm` of this project has them. They may change with
/// every version.
#[doc(hidden)]
pub mod parts {
    pub use super::agenda::Agenda;
    pub use super::server::Server;

    /// The virtual time of a thread.
    pub mod clock {
        pub use super::super::clock::{at, now, set};
    }
}
