#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Compiled in the package of the examples, which has the crates that it names.
#[cfg(not(doctest))]
pub mod recipes {
    #![doc = include_str!("recipes.md")]
}

pub mod coming_from {
    #![doc = include_str!("coming_from.md")]
}

pub mod outage {
    #![doc = include_str!("outage.md")]
}

pub mod simulate {
    #![doc = include_str!("simulate.md")]
}

#[doc(inline)]
pub use retry_engine::*;
// Named one by one, too: if a feature is off, rustc names the feature that the item needs.
#[cfg(feature = "tower")]
#[doc(inline)]
pub use retry_engine::tower;
#[cfg(feature = "http")]
#[doc(inline)]
pub use retry_engine::{CheckStatus, StatusError};
#[cfg(feature = "macros")]
#[doc(hidden)]
pub use retry_macros::__beside;
#[cfg(feature = "macros")]
pub use retry_macros::{Classify, retryable};
