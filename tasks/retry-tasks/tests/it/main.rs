//! The public behaviour of tasks, with a module for each concern.

mod conformance;
mod folder;
mod kill;
mod metrics;
mod orphans;
mod paused;
mod sqlite;
mod stats;
mod traced;
mod trouble;
mod values;
