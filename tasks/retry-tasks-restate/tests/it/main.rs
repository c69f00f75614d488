//! The tests against a real server.

mod chaos;
mod cluster;
mod conformance;
mod cost;
mod kill;
mod limits;
mod outage;
mod process;
mod server;
mod speed;

/// Held by tests that need both processors for themselves.
static MACHINE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
