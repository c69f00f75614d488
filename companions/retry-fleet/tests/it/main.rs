//! Tests over real threads and processes.

mod both;
mod members;
mod postgres_transport;
mod redis_server;
mod redis_transport;
#[path = "../../../../tasks/retry-tasks-postgres/tests/it/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the tests of the store do more with it")]
mod server;
mod sixteen;
