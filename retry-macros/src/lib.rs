//! The macros of `retry-runtime`, which re-exports them: use that crate, not this one.

mod errors;
mod suggest;
