//! Tests on real servers.

#![cfg(unix)]

mod beside;
mod conformance;
mod cuts;
mod damaged;
mod kill;
mod news;
mod opening;
#[allow(dead_code, reason = "a measurement does more with it")]
mod server;
