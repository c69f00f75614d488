//! The rules: each transition of a task, as arithmetic on its [record](crate::Record). Stores only keep the result.
//!
//! [`apply`] is the one home of the rules. A store of rows calls it inside a transaction and adds claims by fencing token,
//! leases and the buckets that pay for retries. An engine that keeps one entity for each task calls it there, under a nonce
//! instead of a lease: everything can be written as JSON and read back.

pub(crate) mod apply;
pub(crate) mod ask;
pub(crate) mod finish;
pub(crate) mod lease;
pub(crate) mod orders;
pub(crate) mod pace;
pub(crate) mod repair;
pub(crate) mod retention;
pub(crate) mod task;

pub use apply::apply;
pub use ask::{Ask, Claim, Reply, Told};
pub use task::Task;
