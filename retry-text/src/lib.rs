//! Text that attributes, configuration files and command lines share: durations as people write them, and
//! proposals for a misspelt word.
//!
//! `retry-macros` reads settings at compile time, and `retry-runtime` at run time. Both use
//! this crate, so they accept the same durations and make the same proposals. No other crate should depend on it.

pub mod duration;
pub mod elsewhere;
mod nearest;

pub use nearest::{nearest, within};
