#![doc = include_str!("guide.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// Compiled in the package of the examples, which has the crates that it names.
#[cfg(not(doctest))]
pub mod recipes {
    #![doc = include_str!("recipes.md")]
}

#[doc(inline)]
pub use retry_engine::*;
#[cfg(feature = "macros")]
pub use retry_macros::*;
