#![doc = include_str!("guide.md")]

mod answer;
mod body;
mod drain;
mod exchange;
#[cfg(feature = "tonic")]
mod grpc;
mod judge;
mod kept;
mod layer;
mod replay;
#[cfg(any(feature = "reqwest", feature = "reqwest-0-12"))]
mod reqwest;
mod service;

pub use body::{ReplayBody, ReplayBodyLayer, Replaying};
pub use drain::{Drain, drain_body};
#[cfg(feature = "tonic")]
pub use grpc::Grpc;
pub use judge::{Http, Judge};
pub use layer::RetryLayer;
pub use replay::{Again, ByBody, ByReplay, Replay, Replays};
pub use service::{Limited, Mode, ResponseFuture, Retrying, Unlimited};
