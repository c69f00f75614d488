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
#[cfg(feature = "macros")]
pub use retry_macros::*;
