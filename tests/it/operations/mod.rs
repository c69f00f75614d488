//! The operators' view: statistics, history, live calls, and the doctor's findings.

mod doctor;
mod history;
mod live;
mod stats;

use std::time::Duration;

use retry_runtime::{Classify, Interruption};

/// A failure type that cannot hold an interruption.
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

/// A failure type that can hold an interruption.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error, Classify)]
#[allow(clippy::enum_variant_names, reason = "the variant is named like its type")]
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
