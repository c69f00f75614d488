//! The signature tests in edition 2018.

#[path = "../it/signatures/mod.rs"]
mod signatures;
