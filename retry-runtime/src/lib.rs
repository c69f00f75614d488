#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[doc(inline)]
pub use retry_engine::*;
#[cfg(feature = "macros")]
pub use retry_macros::*;
