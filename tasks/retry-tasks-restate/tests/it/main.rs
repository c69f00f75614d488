//! The tests against a real server.

mod conformance;
mod kill;
mod server;
mod speed;
