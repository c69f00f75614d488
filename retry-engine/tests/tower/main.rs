//! The layer for tower's services: on a paused clock with services of our own, and over sockets on loopback.

#![cfg(all(feature = "tower", feature = "hyper-util", feature = "tokio"))]

mod bodies;
#[cfg(feature = "tonic")]
mod grpc;
mod limits;
mod readiness;
mod sockets;
mod support;
mod verdicts;
