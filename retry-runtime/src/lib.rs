//! Retries the way an expert would have written them.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod classify;

pub use classify::{Class, Classify, Kind};
#[cfg(feature = "macros")]
pub use retry_macros::*;
