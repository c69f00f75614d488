//! Behaviour that users see, across the crates: one module per concern.

mod classify_derive;
mod classify_derive_lints;
mod smoke;
mod tidy;
