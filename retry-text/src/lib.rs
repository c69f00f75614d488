//! What attributes, configuration files and command lines have in common as text: durations as people write
//! them, and what was probably meant by a word that is wrong.
//!
//! `retry-macros` and `retry-runtime` both read settings, at compile time and at run time. What one of them
//! accepts or proposes the other must too, so it is written once, here. Nothing in this crate is meant for
//! anybody else.

pub mod duration;
pub mod elsewhere;
mod nearest;

pub use nearest::{nearest, within};
