//! What the examples share: a server that misbehaves, and telling what came of it.

pub mod bad_server;
pub mod story;
