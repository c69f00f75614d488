//! The store in a SQLite file, which survives the process and which several processes may share.
//!
//! One thread writes. It takes all waiting jobs, applies them in one transaction, and replies after the commit. So many
//! jobs share the cost of one commit that has reached the disk, and `FULL` durability is cheap under load. Two
//! threads read, one of them what may take long.

mod analytics;
pub(crate) mod builder;
mod columns;
#[cfg(test)]
mod cost_tests;
mod counts;
mod names;
mod open;
mod queues;
mod row;
mod schema;
mod table;
mod threads;
mod transaction;
