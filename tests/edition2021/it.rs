//! The signatures in the edition of 2021.

#[path = "../it/signatures/mod.rs"]
mod signatures;
