//! Tests on real servers.

#![cfg(unix)]

mod beside;
mod conformance;
mod cuts;
mod kill;
mod news;
mod opening;
mod server;
