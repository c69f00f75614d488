//! What operators see: counts, history, live calls, what looks wrong.

mod doctor;
mod history;
mod live;
mod stats;

use std::time::Duration;

use retry_runtime::{Classify, Interruption};

/// Failures of which one cannot say that it was interrupted.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
#[allow(clippy::enum_variant_names, reason = "what is down says so")]
enum Down {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error("no such thing")]
    #[classify(permanent)]
    Unknown,
    #[error("lost")]
    #[classify(ambiguous)]
    Lost,
}

/// A failure that can be an interruption.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
#[allow(clippy::enum_variant_names, reason = "a cut is a cut")]
enum Cut {
    #[error("down")]
    #[classify(transient)]
    Down,
    #[error(transparent)]
    #[classify(inherit)]
    Cut(#[from] Interruption),
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
