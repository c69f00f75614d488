//! Stores of rows and transactions, such as a database: [`Leased`] over a [`Backend`].
//!
//! Each operation on tasks is a [`Job`] that the backend applies to its [`Table`] in one transaction. The table reads
//! and writes rows and knows no rules. Claims, leases and fencing tokens are used here and nowhere else: the worker's
//! lease protects a running task from other workers until it runs out.
//!
//! The memory and the SQLite store are such backends.

mod aside;
mod attempt;
mod claim;
#[cfg(test)]
mod fencing_tests;
mod finish;
pub(crate) mod job;
mod judge;
mod keeper;
pub(crate) mod leased;
mod patrol;
mod prune;
mod renew;
mod retries;
mod server;
mod store;
mod sweep;
pub(crate) mod table;
pub(crate) mod thread;
pub(crate) mod time;

pub use crate::event::news::News;
pub use job::{AnyJob, Job, Touches};
pub use leased::{Backend, Leased};
pub use table::{Due, Held, NextDue, Offer, Table};
pub use thread::Thread;
pub use time::{StoreClock, Stored};
