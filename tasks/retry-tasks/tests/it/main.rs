//! What users see of tasks: a module per concern.

mod conformance;
mod folder;
mod kill;
mod metrics;
mod sqlite;
mod stats;
mod trouble;
