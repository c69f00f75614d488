//! The tests against a real server.

mod conformance;
mod cost;
mod kill;
mod server;
mod speed;
