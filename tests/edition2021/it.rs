//! The signature tests in edition 2021.

#[path = "../it/signatures/mod.rs"]
mod signatures;
