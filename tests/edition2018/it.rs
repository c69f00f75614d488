//! The signatures in the edition of 2018.

#[path = "../it/signatures/mod.rs"]
mod signatures;
