//! Tests on real servers.

#![cfg(unix)]

mod conformance;
mod server;
