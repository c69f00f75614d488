//! Retries the way an expert would have written them.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod breaker;
pub mod budget;
mod classify;
mod now;
mod setting;
mod sync;

pub use classify::{Class, Classify, Kind};
pub use now::Now;
#[cfg(feature = "macros")]
pub use retry_macros::*;
pub use setting::SettingError;
