//! Behaviour that users see, across the crates: one module per concern.

mod classify_derive;
mod classify_derive_lints;
mod protection;
mod smoke;
mod tidy;
mod vectors;
